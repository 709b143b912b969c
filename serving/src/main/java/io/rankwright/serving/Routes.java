package io.rankwright.serving;

import java.util.List;

/** What one task is asked for over HTTP, beside what every server answers. */
interface Routes {
    List<Route> routes();
}
