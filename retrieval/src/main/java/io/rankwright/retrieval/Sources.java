package io.rankwright.retrieval;

import io.rankwright.log.EntityTable;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.TwoTower;
import io.rankwright.spec.Model;

/** The candidate sources, one record each. Immutable but for the states they read. */
final class Sources {
    private Sources() {}

    /** Nearest items in the learnt space, weighed by how often they were taken lately. */
    record Nearest(Model.TwoTower settings, TwoTower.Bound towers, VectorIndex index, Popularity prior)
            implements Source {
        @Override
        public String name() {
            return settings.name();
        }

        @Override
        public double weight() {
            return settings.weight();
        }

        @Override
        public int[] find(Query query) {
            float[] vector = towers.subject(query.subject(), query.sequences());
            VectorIndex.Nearest nearest = index.nearest(vector, 2 * settings.candidates(), query.allowed());
            int[] counts = prior.counts(query.nowMillis());
            var best = new Best(settings.candidates());
            for (int i = 0; i < nearest.codes().length; i++) {
                int code = nearest.codes()[i];
                int count = code < counts.length ? counts[code] : 0;
                best.offer(code, nearest.similarities()[i] + settings.popularity() * Math.log(count + 0.5));
            }
            return best.codes();
        }
    }

    /** The most taken items of a window, or ever. */
    record Trending(Model.Trending settings, Popularity counter, EntityTable items) implements Source {
        @Override
        public String name() {
            return settings.name();
        }

        @Override
        public double weight() {
            return settings.weight();
        }

        @Override
        public int[] find(Query query) {
            int[] counts = counter.counts(query.nowMillis());
            var best = new Best(settings.candidates());
            for (int code = 1; code < counts.length; code++) {
                if (counts[code] > 0 && items.isKnown(code) && query.allowed().test(code)) {
                    best.offer(code, counts[code]);
                }
            }
            return best.codes();
        }
    }

    /** The youngest items. */
    record Fresh(Model.Fresh settings, EntityTable items) implements Source {
        @Override
        public String name() {
            return settings.name();
        }

        @Override
        public double weight() {
            return settings.weight();
        }

        @Override
        public int[] find(Query query) {
            int place = items.place(settings.born().column());
            double oldest = query.nowMillis() - settings.youngerThan().toMillis();
            var best = new Best(settings.candidates());
            for (int code = 1; code < items.capacity(); code++) {
                double born = items.number(place, code);
                if (items.isKnown(code)
                        && born >= oldest
                        && born <= query.nowMillis()
                        && query.allowed().test(code)) {
                    best.offer(code, born);
                }
            }
            return best.codes();
        }
    }

    /** Items that go with the subject's recent items, weighed by how often they were taken lately. */
    record Similar(Model.Similar settings, CollaborativeModel.Bound learnt, EntityTable items, Popularity prior)
            implements Source {
        @Override
        public String name() {
            return settings.name();
        }

        @Override
        public double weight() {
            return settings.weight();
        }

        @Override
        public int[] find(Query query) {
            float[] scores = new float[learnt.capacity()];
            int[] sequence = query.sequences().getOrDefault(settings.sequence(), new int[0]);
            learnt.score(sequence, settings.last(), scores);
            int[] counts = prior.counts(query.nowMillis());
            var best = new Best(settings.candidates());
            for (int code = 1; code < scores.length; code++) {
                if (scores[code] > 0 && items.isKnown(code) && query.allowed().test(code)) {
                    int count = code < counts.length ? counts[code] : 0;
                    best.offer(code, scores[code] * Math.pow(count + 0.5, settings.popularity()));
                }
            }
            return best.codes();
        }
    }
}
