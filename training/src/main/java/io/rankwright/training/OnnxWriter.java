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

/**
 * Builds a network as ONNX (opset 13), node by node. Every method names what it makes and gives the name back. One thread
 * at a time.
 */
final class OnnxWriter {
    private final GraphProto.Builder graph;
    private int names;

    OnnxWriter(String name) {
        graph = GraphProto.newBuilder().setName(name);
    }

    /** An input of (n, …). */
    String input(String name, long... extents) {
        graph.addInput(value(name, extents));
        return name;
    }

    /** Weights or numbers that belong to the network. */
    String constant(float[] values, long... shape) {
        var tensor = TensorProto.newBuilder().setName(next("c")).setDataType(TensorProto.DataType.FLOAT.getNumber());
        for (long size : shape) {
            tensor.addDims(size);
        }
        for (float value : values) {
            tensor.addFloatData(value);
        }
        graph.addInitializer(tensor);
        return tensor.getName();
    }

    private String integers(long... values) {
        var tensor = TensorProto.newBuilder()
                .setName(next("c"))
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        graph.addInitializer(tensor);
        return tensor.getName();
    }

    /** Any operator without attributes. */
    String node(String operator, String... inputs) {
        return add(NodeProto.newBuilder().setOpType(operator), inputs);
    }

    String concat(int axis, List<String> inputs) {
        return add(
                NodeProto.newBuilder().setOpType("Concat").addAttribute(attribute("axis", axis)),
                inputs.toArray(String[]::new));
    }

    String softmax(int axis, String input) {
        return add(NodeProto.newBuilder().setOpType("Softmax").addAttribute(attribute("axis", axis)), input);
    }

    /** Swaps the last two axes of three. */
    String transposed(String input) {
        var permutation = AttributeProto.newBuilder()
                .setName("perm")
                .setType(AttributeProto.AttributeType.INTS)
                .addInts(0)
                .addInts(2)
                .addInts(1);
        return add(NodeProto.newBuilder().setOpType("Transpose").addAttribute(permutation), input);
    }

    /** The part of the second axis from {@code from} to {@code to}. */
    String slice(String input, int from, int to) {
        return node("Slice", input, integers(from), integers(to), integers(1));
    }

    String squeezed(String input, int axis) {
        return node("Squeeze", input, integers(axis));
    }

    String unsqueezed(String input, int axis) {
        return node("Unsqueeze", input, integers(axis));
    }

    /** Rows scaled to length 1. */
    String normalised(String input) {
        return add(
                NodeProto.newBuilder()
                        .setOpType("LpNormalization")
                        .addAttribute(attribute("axis", 1))
                        .addAttribute(attribute("p", 2)),
                input);
    }

    /** The finished network with one output {@code y} of (n, dim). */
    byte[] finish(String output, int dim) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Identity")
                .setName("y")
                .addInput(output)
                .addOutput("y"));
        graph.addOutput(value("y", dim));
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .setProducerName("rankwright")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private String add(NodeProto.Builder node, String... inputs) {
        String name = next("n");
        graph.addNode(node.setName(name).addAllInput(List.of(inputs)).addOutput(name));
        return name;
    }

    private String next(String prefix) {
        return prefix + names++;
    }

    private static AttributeProto attribute(String name, int value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static ValueInfoProto value(String name, long... extents) {
        var shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"));
        for (long extent : extents) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(extent));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
