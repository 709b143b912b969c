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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Networks as ONNX (opset 13), node by node: a tensor is the name of what makes it. One thread at a time.
 */
final class OnnxWriter implements Operators<String> {
    private final GraphProto.Builder graph;
    private final Weights weights;
    private final Map<Integer, String> written = new HashMap<>();
    private int names;

    OnnxWriter(String name, Weights weights) {
        this.graph = GraphProto.newBuilder().setName(name);
        this.weights = weights;
    }

    @Override
    public String weight(int place) {
        return written.computeIfAbsent(
                place, _ -> constant(weights.values(place), weights.shape(place).getShape()));
    }

    @Override
    public String number(float value) {
        return constant(new float[] {value}, 1);
    }

    @Override
    public String add(String left, String right) {
        return node("Add", left, right);
    }

    @Override
    public String subtract(String left, String right) {
        return node("Sub", left, right);
    }

    @Override
    public String multiply(String left, String right) {
        return node("Mul", left, right);
    }

    @Override
    public String matMul(String left, String right) {
        return node("MatMul", left, right);
    }

    @Override
    public String relu(String input) {
        return node("Relu", input);
    }

    @Override
    public String sigmoid(String input) {
        return node("Sigmoid", input);
    }

    @Override
    public String dropout(String input, double share) {
        return input;
    }

    @Override
    public String sum(String input, int axis) {
        return node("ReduceSum", input, integers(axis));
    }

    @Override
    public String max(String input, int axis) {
        return add(NodeProto.newBuilder().setOpType("ReduceMax").addAttribute(attribute("axes", List.of(axis))), input);
    }

    /** Two dimensions at once, which ONNX Runtime does fastest. */
    @Override
    public String dense(String input, int matrix, int bias) {
        return affine(input, weight(matrix), weight(bias));
    }

    /** The same values in another shape, of which one extent may be -1: whatever is left. */
    String reshape(String input, long... shape) {
        return node("Reshape", input, integers(shape));
    }

    /** {@code input · matrix + bias}, of two dimensions each. */
    String affine(String input, String matrix, String bias) {
        return node("Gemm", input, matrix, bias);
    }

    /** An input of (n, …). */
    String input(String name, long... extents) {
        graph.addInput(value(name, extents));
        return name;
    }

    private String constant(float[] values, long... shape) {
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
    private String node(String operator, String... inputs) {
        return add(NodeProto.newBuilder().setOpType(operator), inputs);
    }

    @Override
    public String concat(List<String> inputs) {
        return inputs.size() == 1
                ? inputs.getFirst()
                : add(
                        NodeProto.newBuilder().setOpType("Concat").addAttribute(attribute("axis", 1)),
                        inputs.toArray(String[]::new));
    }

    @Override
    public String softmax(String input, int axis) {
        return add(NodeProto.newBuilder().setOpType("Softmax").addAttribute(attribute("axis", axis)), input);
    }

    @Override
    public String transpose(String input) {
        return transpose(input, 0, 2, 1);
    }

    /** The axes in another order. */
    String transpose(String input, Integer... axes) {
        return add(NodeProto.newBuilder().setOpType("Transpose").addAttribute(attribute("perm", List.of(axes))), input);
    }

    @Override
    public String slice(String input, int from, int to) {
        return node("Slice", input, integers(from), integers(to), integers(1));
    }

    @Override
    public String squeeze(String input, int axis) {
        return node("Squeeze", input, integers(axis));
    }

    @Override
    public String unsqueeze(String input, int axis) {
        return node("Unsqueeze", input, integers(axis));
    }

    @Override
    public String normalise(String input) {
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

    private static AttributeProto attribute(String name, List<Integer> values) {
        var attribute = AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        values.forEach(attribute::addInts);
        return attribute.build();
    }

    private static AttributeProto attribute(String name, int value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static ValueInfoProto value(String name, long... extents) {
        // A name of its own for how many rows there are: candidates of one subject share a history of one row.
        var shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(name + "_rows"));
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
