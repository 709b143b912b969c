package io.rankwright.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportedNetworkTest {
    private static final FeedApplication APPLICATION = FeedApplication.read(Path.of("../apps/video-feed"));
    private static final String MANIFEST = """
            {"inputs": [{"feature": "user_ctr", "missing": 0.5}, {"feature": "ctr"},
                        {"feature": "tag", "categories": ["11", "4"]}],
             "outputs": ["click", "watch"]}""";

    @TempDir
    Path folder;

    private static ValueInfoProto value(String name, int width) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(TensorShapeProto.newBuilder()
                                        .addDim(TensorShapeProto.Dimension.newBuilder()
                                                .setDimParam("n"))
                                        .addDim(TensorShapeProto.Dimension.newBuilder()
                                                .setDimValue(width)))))
                .build();
    }

    /** {@code y = x · weights}, three inputs and two outputs. */
    private static ModelProto.Builder network() {
        var weights = TensorProto.newBuilder()
                .setName("weights")
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .addDims(3)
                .addDims(2);
        for (float weight : new float[] {1, 0, 2, 1, 0, -1}) {
            weights.addFloatData(weight);
        }
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(GraphProto.newBuilder()
                        .setName("linear")
                        .addInput(value("x", 3))
                        .addInitializer(weights)
                        .addNode(NodeProto.newBuilder()
                                .setOpType("MatMul")
                                .addInput("x")
                                .addInput("weights")
                                .addOutput("y"))
                        .addOutput(value("y", 2)));
    }

    private ImportedNetwork read(UnaryOperator<ModelProto.Builder> change, String manifest) {
        try {
            Files.write(
                    folder.resolve("model.onnx"),
                    change.apply(network()).build().toByteArray());
            Files.writeString(folder.resolve("model.json"), manifest);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return ImportedNetwork.read(folder.resolve("model.onnx"), folder.resolve("model.json"), APPLICATION);
    }

    private void assertRefused(UnaryOperator<ModelProto.Builder> change, String... words) {
        assertThatThrownBy(() -> read(change, MANIFEST))
                .isInstanceOf(UserFault.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void aNetworkOfThisShapeIsTaken_andScoresWhatItShould() {
        ImportedNetwork network = read(UnaryOperator.identity(), MANIFEST);

        RankerInputs inputs = network.inputs(APPLICATION);
        assertThat(inputs.layout().names()).containsExactly("user_ctr", "ctr", "tag");
        var heads = List.of(
                new Ranker.Head("click", true, "", 0, List.of(1.0), new Calibration.Logistic(1, 0)),
                new Ranker.Head("watch", false, "click", 0, List.of(1.0), new Calibration.Linear(1, 0)));
        var manifest = new Ranker.Manifest(List.of(Ranker.Kind.NETWORK), heads);
        try (Ranker ranker = Ranker.of(Ranker.artefact(manifest, inputs, List.of(network.parts())))) {
            // A row as it is, and one whose first number is missing (0.5) and whose tag is unknown (0).
            float[] rows = {0.25f, 0.5f, 2, Float.NaN, 1, Float.NaN};
            double[][] raw = ranker.raw(rows, 2);
            assertThat(raw[0]).containsExactly(1.25, 2.5);
            assertThat(raw[1]).containsExactly(-1.5, 1);
            // Of a linear network the integrated gradients are the products.
            assertThat(ranker.explain(rows, 1, 0).getFirst().getFirst().feature())
                    .isEqualTo("ctr");
            assertThat(ranker.explain(rows, 1, 0).getFirst().getFirst().contribution())
                    .isCloseTo(1, within(1e-5));
        }
        assertThat(network.hash())
                .isEqualTo(read(UnaryOperator.identity(), MANIFEST).hash());
    }

    @Test
    void numbersOutsideTheFileAreRefused() {
        assertRefused(
                model -> {
                    model.getGraphBuilder()
                            .getInitializerBuilder(0)
                            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                            .addExternalData(StringStringEntryProto.newBuilder()
                                    .setKey("location")
                                    .setValue("../../etc/passwd"));
                    return model;
                },
                "model.onnx",
                "'weights' lie outside the file",
                "expected");
    }

    @Test
    void operatorsThatAreNotOfOnnxAreRefused() {
        assertRefused(
                model -> {
                    model.getGraphBuilder()
                            .getNodeBuilder(0)
                            .setDomain("com.example")
                            .setOpType("Steal");
                    return model;
                },
                "com.example.Steal");
        assertRefused(
                model -> {
                    model.getGraphBuilder().getNodeBuilder(0).setOpType("NoSuchOperator");
                    return model;
                },
                "NoSuchOperator");
        assertRefused(
                model -> model.addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1)),
                "com.example");
    }

    @Test
    void otherShapesAreRefused() {
        assertRefused(
                model -> {
                    model.getGraphBuilder().setInput(0, value("x", 4));
                    return model;
                },
                "input of shape (n, 4)",
                "(n, 3)");
        assertRefused(
                model -> {
                    model.getGraphBuilder().setOutput(0, value("y", 1));
                    return model;
                },
                "output of shape (n, 1)",
                "(n, 2)");
        assertRefused(
                model -> {
                    model.getGraphBuilder().setInput(0, value("features", 3));
                    return model;
                },
                "'features'",
                "expected x");
    }

    @Test
    void whatIsNoNetworkIsRefused() throws IOException {
        Files.writeString(folder.resolve("model.onnx"), "no network");
        Files.writeString(folder.resolve("model.json"), MANIFEST);

        assertThatThrownBy(() ->
                        ImportedNetwork.read(folder.resolve("model.onnx"), folder.resolve("model.json"), APPLICATION))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("is no ONNX file");
    }

    @Test
    void manifestsThatDoNotFitAreRefused() {
        for (String[] wrong : new String[][] {
            {"\"ctr\"", "\"crt\"", "the feature 'crt'"},
            {"[\"click\", \"watch\"]", "[\"click\"]", "no output 'watch'"},
            {"[\"click\", \"watch\"]", "[\"watch\"]", "'watch' is given 'click'"},
            {"\"watch\"]", "\"like\"]", "the output 'like'"},
            {"\"missing\"", "\"absent\"", "model.json:1"},
            {"\"user_ctr\"", "\"ctr\"", "named twice"},
            {"{\"feature\": \"ctr\"}", "{\"feature\": \"ctr\", \"categories\": []}", "categories for the number 'ctr'"},
        }) {
            assertThatThrownBy(() -> read(UnaryOperator.identity(), MANIFEST.replace(wrong[0], wrong[1])))
                    .isInstanceOf(UserFault.class)
                    .hasMessageContaining(wrong[2]);
        }
    }
}
