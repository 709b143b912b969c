package io.rankwright.retrieval;

import io.rankwright.log.EntityTable;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.TwoTower;
import io.rankwright.spec.Model;
import java.util.OptionalInt;

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
        public OptionalInt searched() {
            return OptionalInt.of(settings.candidates());
        }

        @Override
        public int[] find(Query query) {
            float[] vector = towers.subject(query.subject(), query.sequences());
            VectorIndex.Nearest nearest = index.nearest(vector, 2 * settings.candidates(), query.allowed());
            prior.moveTo(query.nowMillis());
            var best = new Best(settings.candidates());
            for (int i = 0; i < nearest.codes().length; i++) {
                int code = nearest.codes()[i];
                best.offer(code, nearest.similarities()[i] + settings.popularity() * Math.log(prior.count(code) + 0.5));
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
            counter.moveTo(query.nowMillis());
            return counter.most(
                    settings.candidates(),
                    code -> items.isKnown(code) && query.allowed().test(code));
        }
    }

    /** The youngest items. */
    record Fresh(Model.Fresh settings, Newest newest) implements Source {
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
            return newest.find(
                    query.nowMillis() - settings.youngerThan().toMillis(),
                    query.nowMillis(),
                    settings.candidates(),
                    query.allowed());
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
            int[] sequence = query.sequences().getOrDefault(settings.sequence(), new int[0]);
            prior.moveTo(query.nowMillis());
            var best = new Best(settings.candidates());
            learnt.score(sequence, settings.last(), (code, score) -> {
                if (score > 0 && items.isKnown(code) && query.allowed().test(code)) {
                    best.offer(code, score * Math.pow(prior.count(code) + 0.5, settings.popularity()));
                }
            });
            return best.codes();
        }
    }
}
