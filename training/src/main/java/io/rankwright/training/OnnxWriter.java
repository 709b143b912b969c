package io.rankwright.training;

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

/** Writes dense networks as ONNX (opset 13). Stateless. */
final class OnnxWriter {
    private OnnxWriter() {}

    /** One dense layer: {@code weights} is (inputs, outputs) row by row. */
    record Layer(int inputs, int outputs, float[] weights, float[] bias) {}

    /** A tower: dense layers with ReLU between them, the output scaled to length 1. Input {@code x}, output {@code y}. */
    static byte[] tower(List<Layer> layers) {
        var graph = GraphProto.newBuilder().setName("tower");
        String current = "x";
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            graph.addInitializer(tensor("w" + i, layer.weights(), layer.inputs(), layer.outputs()));
            graph.addInitializer(tensor("b" + i, layer.bias(), layer.outputs()));
            graph.addNode(node("Gemm", "dense" + i, current, "w" + i, "b" + i));
            current = "dense" + i;
            if (i < layers.size() - 1) {
                graph.addNode(node("Relu", "relu" + i, current));
                current = "relu" + i;
            }
        }
        graph.addNode(node("LpNormalization", "y", current).toBuilder()
                .addAttribute(attribute("axis", 1))
                .addAttribute(attribute("p", 2)));
        graph.addInput(matrix("x", layers.getFirst().inputs()));
        graph.addOutput(matrix("y", layers.getLast().outputs()));
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .setProducerName("rankwright")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private static NodeProto node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(output)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }

    private static AttributeProto attribute(String name, int value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static TensorProto tensor(String name, float[] values, long... shape) {
        var tensor = TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT.getNumber());
        for (long size : shape) {
            tensor.addDims(size);
        }
        for (float value : values) {
            tensor.addFloatData(value);
        }
        return tensor.build();
    }

    private static ValueInfoProto matrix(String name, int width) {
        var shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"))
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(width));
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
