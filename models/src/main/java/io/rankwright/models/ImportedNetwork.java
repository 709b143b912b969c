package io.rankwright.models;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A network that was trained elsewhere, read whole and judged before anything uses it: its size, that all its numbers lie
 * in the file itself, its operators, its shapes, and that it scores. Immutable.
 */
public final class ImportedNetwork {
    /** The largest file that is taken. */
    public static final long LARGEST_BYTES = 1L << 30;

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "ai.onnx.ml");

    /** What goes in and comes out, as the file beside the network says it. */
    record Manifest(List<Input> inputs, List<String> outputs) {}

    /**
     * One value of {@code x}.
     *
     * @param missing what stands for a number that is not there; 0 if not said
     * @param categories of a categorical feature, which goes in as its place here, from 1
     */
    record Input(String feature, float missing, @Nullable List<String> categories) {}

    private final Manifest manifest;
    private final byte[] onnx;

    private ImportedNetwork(Manifest manifest, byte[] onnx) {
        this.manifest = manifest;
        this.onnx = onnx;
    }

    /**
     * Reads and judges a network and its manifest.
     *
     * @throws UserFault if anything about them is wrong; it says what would have been right
     */
    public static ImportedNetwork read(Path model, Path manifestFile, FeedApplication application) {
        Manifest manifest = manifest(manifestFile, application);
        byte[] onnx = bytes(model);
        check(model, onnx, manifest);
        var network = new ImportedNetwork(manifest, onnx);
        network.tryOut(model);
        return network;
    }

    private static Manifest manifest(Path file, FeedApplication application) {
        Manifest manifest;
        try {
            manifest = JSON.readValue(Files.readAllBytes(file), Manifest.class);
        } catch (JsonProcessingException e) {
            throw new UserFault(file + ":" + e.getLocation().getLineNr() + ": " + e.getOriginalMessage()
                    + "; expected {\"inputs\": [{\"feature\": …}], \"outputs\": [HEAD, …]}");
        } catch (IOException e) {
            throw new UserFault("no readable manifest at " + file);
        }
        if (manifest.inputs() == null
                || manifest.outputs() == null
                || manifest.inputs().isEmpty()
                || manifest.outputs().isEmpty()) {
            throw new UserFault(file + ": no inputs or no outputs; expected at least one of each");
        }
        List<String> labels =
                application.framing().labels().stream().map(Label::name).toList();
        for (String output : manifest.outputs()) {
            if (!labels.contains(output)) {
                throw new UserFault(
                        file + ": the output '" + output + "'; expected one of " + String.join(", ", labels));
            }
        }
        for (String output : manifest.outputs()) {
            application
                    .framing()
                    .label(output)
                    .given()
                    .filter(given -> !manifest.outputs().contains(given))
                    .ifPresent(given -> {
                        throw new UserFault(file + ": the output '" + output + "' is given '" + given + "'; expected '"
                                + given + "' among the outputs");
                    });
        }
        for (String needed : application.framing().utility().names()) {
            if (labels.contains(needed) && !manifest.outputs().contains(needed)) {
                throw new UserFault(file + ": no output '" + needed + "', which framing.utility needs");
            }
        }
        for (Input input : manifest.inputs()) {
            check(file, input, application);
        }
        Set<String> names = manifest.inputs().stream().map(Input::feature).collect(Collectors.toSet());
        if (names.size() < manifest.inputs().size()) {
            throw new UserFault(file + ": a feature that is named twice; expected each once");
        }
        return manifest;
    }

    private static void check(Path file, Input input, FeedApplication application) {
        Optional<FeatureDefinition> feature = application.features().stream()
                .filter(known -> known.name().equals(input.feature()))
                .filter(known -> !(known instanceof FeatureDefinition.Sequence))
                .findFirst();
        if (feature.isEmpty()) {
            throw new UserFault(file + ": the feature '" + input.feature() + "'; expected one that "
                    + application.name() + " defines and that is no sequence");
        }
        boolean isCategory = feature.get() instanceof FeatureDefinition.Categorical;
        if (!isCategory && input.categories() != null) {
            throw new UserFault(file + ": categories for the number '" + input.feature() + "'; expected none");
        }
    }

    private static byte[] bytes(Path model) {
        try {
            long size = Files.size(model);
            if (size > LARGEST_BYTES) {
                throw new UserFault(model + " has " + size + " bytes; expected at most " + LARGEST_BYTES);
            }
            return Files.readAllBytes(model);
        } catch (IOException e) {
            throw new UserFault("no readable network at " + model);
        }
    }

    private static void check(Path file, byte[] onnx, Manifest manifest) {
        ModelProto model;
        try {
            model = ModelProto.parseFrom(onnx);
        } catch (InvalidProtocolBufferException e) {
            throw new UserFault(file + " is no ONNX file: " + e.getMessage());
        }
        if (!model.hasGraph()) {
            throw new UserFault(file + " is no ONNX file: it has no graph");
        }
        var foreign = new ArrayList<String>();
        model.getOpsetImportList().stream()
                .map(opset -> opset.getDomain())
                .filter(domain -> !DOMAINS.contains(domain))
                .forEach(foreign::add);
        if (!foreign.isEmpty() || model.getFunctionsCount() > 0) {
            throw new UserFault(file + ": operators of " + (foreign.isEmpty() ? "its own" : String.join(", ", foreign))
                    + "; expected those of ONNX alone");
        }
        checkGraph(file, model.getGraph());
        var given = new HashSet<String>();
        model.getGraph().getInitializerList().forEach(tensor -> given.add(tensor.getName()));
        List<ValueInfoProto> inputs = model.getGraph().getInputList().stream()
                .filter(input -> !given.contains(input.getName()))
                .toList();
        checkShape(file, "input", inputs, manifest.inputs().size());
        if (!inputs.getFirst().getName().equals("x")) {
            throw new UserFault(file + ": the input '" + inputs.getFirst().getName() + "'; expected x");
        }
        checkShape(
                file,
                "output",
                model.getGraph().getOutputList(),
                manifest.outputs().size());
    }

    private static void checkGraph(Path file, GraphProto graph) {
        graph.getInitializerList().forEach(tensor -> checkInside(file, tensor));
        for (NodeProto node : graph.getNodeList()) {
            if (!DOMAINS.contains(node.getDomain())) {
                throw new UserFault(file + ": the operator " + node.getDomain() + "." + node.getOpType()
                        + "; expected those of ONNX alone");
            }
            for (AttributeProto attribute : node.getAttributeList()) {
                checkInside(file, attribute.getT());
                attribute.getTensorsList().forEach(tensor -> checkInside(file, tensor));
                checkGraph(file, attribute.getG());
                attribute.getGraphsList().forEach(inner -> checkGraph(file, inner));
            }
        }
    }

    /** Numbers that lie in other files have let models read what they should not: none are taken. */
    private static void checkInside(Path file, TensorProto tensor) {
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL || tensor.getExternalDataCount() > 0) {
            throw new UserFault(file + ": the numbers of '" + tensor.getName()
                    + "' lie outside the file; expected a network saved as one file, without external data");
        }
    }

    private static void checkShape(Path file, String what, List<ValueInfoProto> values, int width) {
        String wanted = "; expected one " + what + " of 32-bit floats of shape (n, " + width + ")";
        if (values.size() != 1) {
            throw new UserFault(file + ": " + values.size() + " " + what + "s" + wanted);
        }
        TypeProto.Tensor type = values.getFirst().getType().getTensorType();
        boolean isFloat = type.getElemType() == TensorProto.DataType.FLOAT.getNumber();
        boolean isRight = isFloat
                && type.getShape().getDimCount() == 2
                && !(type.getShape().getDim(0).getDimValue() > 0)
                && (type.getShape().getDim(1).getDimValue() == width
                        || type.getShape().getDim(1).getDimValue() == 0);
        if (!isRight) {
            String shape = type.getShape().getDimList().stream()
                    .map(dimension -> dimension.getDimValue() > 0 ? Long.toString(dimension.getDimValue()) : "n")
                    .collect(Collectors.joining(", ", "(", ")"));
            throw new UserFault(
                    file + ": the " + what + " of shape " + shape + (isFloat ? "" : ", not of floats") + wanted);
        }
    }

    /** Scores one row: what the checks above cannot see, such as operators that do not exist, shows here. */
    private void tryOut(Path file) {
        int width = manifest.inputs().size();
        try (var network = new Network(onnx)) {
            float[][] found = network.apply(Map.of("x", new Network.Tensor(new float[2 * width], 2, width)));
            if (found.length != 2 || found[0].length != manifest.outputs().size()) {
                throw new UserFault(file + ": an output of (" + found.length + ", " + found[0].length
                        + ") for two rows; expected (2, " + manifest.outputs().size() + ")");
            }
        } catch (EnvironmentFault e) {
            throw new UserFault(file + ": " + e.getMessage());
        }
    }

    /** The heads, in the order of the outputs. */
    public List<String> heads() {
        return manifest.outputs();
    }

    /** What a ranker made of this sees. */
    public RankerInputs inputs(FeedApplication application) {
        var vocabularies = new TreeMap<String, Vocabulary>();
        var features = new ArrayList<String>();
        var categories = new ArrayList<Boolean>();
        for (Input input : manifest.inputs()) {
            boolean isCategory = application.feature(input.feature()) instanceof FeatureDefinition.Categorical;
            features.add(input.feature());
            categories.add(isCategory);
            if (isCategory) {
                vocabularies.put(
                        input.feature(),
                        new Vocabulary(Optional.ofNullable(input.categories()).orElse(List.of())));
            }
        }
        var layout = new RankerInputs.Layout(
                application.framing().subject(),
                application.framing().item(),
                features,
                categories,
                false,
                false,
                List.of());
        return new RankerInputs(layout, vocabularies, Optional.empty());
    }

    /** The parts of the ranker's member. */
    public Map<String, byte[]> parts() {
        var numbers = new ArrayList<NetworkInputs.Numeric>();
        for (int i = 0; i < manifest.inputs().size(); i++) {
            numbers.add(new NetworkInputs.Numeric(
                    i, new float[0], false, manifest.inputs().get(i).missing()));
        }
        List<NetworkOutput> outputs = manifest.outputs().stream()
                .<NetworkOutput>map(_ -> new NetworkOutput.Scaled(1, 0))
                .toList();
        return Ranker.network(
                new NetworkInputs(numbers, List.of(), List.of()), outputs, Map.of(), onnx, Optional.empty());
    }

    /** Addresses network and manifest together. */
    public String hash() {
        byte[] said = Artefact.json(manifest);
        byte[] both = Arrays.copyOf(onnx, onnx.length + said.length);
        System.arraycopy(said, 0, both, onnx.length, said.length);
        return Artefact.hash(both);
    }
}
