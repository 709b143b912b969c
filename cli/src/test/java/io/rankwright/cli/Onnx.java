package io.rankwright.cli;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;

/** Small networks as another framework would hand them in. */
final class Onnx {
    private Onnx() {}

    static ModelProto model(GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build();
    }

    static NodeProto node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }

    /** An encoder of images: of 1 x 3 x 32 x 32 pixels the mean of each rectangle, one behind the other. */
    static ModelProto means(int height, int width) {
        int values = 3 * (32 / height) * (32 / width);
        var rectangle = AttributeProto.newBuilder()
                .setType(AttributeProto.AttributeType.INTS)
                .addInts(height)
                .addInts(width);
        return model(GraphProto.newBuilder()
                .setName("means")
                .addInput(typed("pixels", TensorProto.DataType.FLOAT, shape(1, 3, 32, 32)))
                .addNode(node("AveragePool", "means", "pixels").toBuilder()
                        .addAttribute(rectangle.clone().setName("kernel_shape"))
                        .addAttribute(rectangle.clone().setName("strides")))
                .addNode(node("Flatten", "vector", "means"))
                .addOutput(typed("vector", TensorProto.DataType.FLOAT, shape(1, values))));
    }

    private static TensorShapeProto shape(long... sizes) {
        var shape = TensorShapeProto.newBuilder();
        for (long size : sizes) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
        }
        return shape.build();
    }

    static TensorProto floats(String name, List<Long> shape, float... values) {
        var tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .addAllDims(shape);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        return tensor.build();
    }

    static TensorProto longs(String name, long value) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addInt64Data(value)
                .build();
    }

    static ValueInfoProto scalar(String name, TensorProto.DataType type) {
        return typed(name, type, TensorShapeProto.getDefaultInstance());
    }

    /** Any number of rows of so many numbers. */
    static ValueInfoProto rows(String name, int width) {
        return typed(
                name,
                TensorProto.DataType.FLOAT,
                TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"))
                        .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(width))
                        .build());
    }

    private static ValueInfoProto typed(String name, TensorProto.DataType type, TensorShapeProto shape) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }
}
