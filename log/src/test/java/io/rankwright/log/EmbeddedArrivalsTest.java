package io.rankwright.log;

import io.rankwright.spec.FeedApplication;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;

class EmbeddedArrivalsTest extends ArrivalLogContract {
    private EventLog log;

    @Override
    ArrivalLog open(FeedApplication application) {
        Path files = folder.resolve("log");
        log = EventLog.open(files, application);
        return log.arrivals("watch");
    }

    @Override
    ArrivalLog reopened(FeedApplication application) {
        log.close();
        return open(application);
    }

    @AfterEach
    void closeLog() {
        log.close();
    }
}
