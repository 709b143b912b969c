package io.rankwright.cli;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A part may use those above it in the list, never those below. */
class ArchitectureTest {
    private static final List<String> PARTS = List.of(
            "spec",
            "dev",
            "log",
            "features",
            "models",
            "evaluation",
            "training",
            "registry",
            "retrieval",
            "monitoring",
            "serving",
            "cli");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.rankwright");

    @Test
    void theOrderOfThePartsHolds() {
        var layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String part : PARTS) {
            layers = layers.layer(part).definedBy("io.rankwright." + part + "..");
        }
        var rule = layers.whereLayer("cli").mayNotBeAccessedByAnyLayer();
        for (int i = 0; i < PARTS.size() - 1; i++) {
            var below = new ArrayList<>(PARTS.subList(i + 1, PARTS.size()));
            rule = rule.whereLayer(PARTS.get(i)).mayOnlyBeAccessedByLayers(below.toArray(String[]::new));
        }
        rule = rule.whereLayer("dev").mayOnlyBeAccessedByLayers("cli");
        rule.check(CLASSES);
    }

    /** An application is YAML and data: what serves, computes features and trains must not know one by its name. */
    @Test
    void noPartKnowsAnApplicationByItsName() throws IOException {
        try (Stream<Path> applications = Files.list(Path.of("../apps"))) {
            List<String> names =
                    applications.map(folder -> folder.getFileName().toString()).toList();
            assertThat(names).contains("video-feed", "paper-search", "harmful-content");
            for (String part : List.of("features", "models", "training", "retrieval", "serving")) {
                try (Stream<Path> sources = Files.walk(Path.of("..", part, "src/main"))) {
                    for (Path source : sources.filter(Files::isRegularFile).toList()) {
                        assertThat(Files.readString(source))
                                .as(source.toString())
                                .doesNotContain(names);
                    }
                }
            }
        }
    }

    @Test
    void trainingAndServingDoNotKnowEachOthersLibraries() {
        ArchRuleDefinition.noClasses()
                .that()
                .resideInAPackage("io.rankwright.serving..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl..", "org.duckdb..", "org.rocksdb..", "ml.dmlc..")
                .check(CLASSES);
        ArchRuleDefinition.noClasses()
                .that()
                .resideOutsideOfPackages("io.rankwright.log..", "io.rankwright.features.store..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.rocksdb..")
                .check(CLASSES);
    }

    @Test
    void evaluationIsPure() {
        ArchRuleDefinition.noClasses()
                .that()
                .resideInAPackage("io.rankwright.evaluation..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io..", "java.nio.file..", "java.net..", "java.sql..")
                .check(CLASSES);
    }
}
