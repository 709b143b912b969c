package io.rankwright.log;

import io.rankwright.spec.Data;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/**
 * Makes a watch log in the format of KuaiRand, for where no real one is at hand. Everything is drawn from one seed.
 *
 * <p>The world: a user has a taste (a vector), an activity and a patience; a video has a topic near one of some clusters
 * of taste, a quality, a length and a day of upload; an author has a style that its videos share. A user comes back in
 * sessions whose hour follows the day (few at night, most in the evening). In a session the platform shows videos that
 * were popular and fresh, with some regard to taste, so that the log has the selection and position effects of a real
 * one. Whether a video is watched depends on taste, quality, age and position; how long, on its length.
 */
public final class Simulator {
    private static final int TASTES = 8;
    private static final int TOPICS = 40;
    private static final int SHOWN = 10;
    private static final int CHOICES = 40;
    private static final LocalDate FIRST_DAY = LocalDate.of(2024, 3, 1);
    private static final int[] HOURS = {2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 9, 8, 6, 6, 6, 7, 9, 11, 12, 12, 9, 5};

    private final SplittableRandom random;
    private final int users;
    private final int videos;
    private final int days;
    private final ZoneId zone;
    private final double[][] tastes;
    private final double[] activity;
    private final double[] patience;
    private final double[][] topics;
    private final int[] topicOf;
    private final int[] author;
    private final double[] quality;
    private final double[] lengthMillis;
    private final int[] uploadDay;
    private final double[] popularity;

    private Simulator(Data.Simulation settings, ZoneId zone) {
        this.random = new SplittableRandom(settings.seed());
        this.users = Math.toIntExact(settings.subjects());
        this.videos = Math.toIntExact(settings.items());
        this.days = settings.days();
        this.zone = zone;
        double[][] centres = new double[TOPICS][];
        Arrays.setAll(centres, _ -> unit());
        this.tastes = new double[users][];
        this.activity = new double[users];
        this.patience = new double[users];
        for (int u = 0; u < users; u++) {
            tastes[u] = mixed(centres[random.nextInt(TOPICS)], 0.6);
            activity[u] = Math.exp(random.nextGaussian() * 0.8);
            patience[u] = random.nextGaussian() * 0.7;
        }
        int authors = Math.max(1, videos / 4);
        double[] style = new double[authors];
        Arrays.setAll(style, _ -> random.nextGaussian() * 0.5);
        this.topics = new double[videos][];
        this.topicOf = new int[videos];
        this.author = new int[videos];
        this.quality = new double[videos];
        this.lengthMillis = new double[videos];
        this.uploadDay = new int[videos];
        this.popularity = new double[videos];
        for (int v = 0; v < videos; v++) {
            topicOf[v] = (int) (TOPICS * random.nextDouble() * random.nextDouble());
            topics[v] = mixed(centres[topicOf[v]], 0.4);
            author[v] = (int) (authors * Math.pow(random.nextDouble(), 2));
            quality[v] = random.nextGaussian() * 0.7 + style[author[v]];
            lengthMillis[v] = Math.round(Math.exp(random.nextGaussian() * 0.9 + 10));
            uploadDay[v] = -20 + random.nextInt(20 + days);
            popularity[v] = Math.exp(quality[v] + random.nextGaussian() * 0.8);
        }
    }

    private double[] unit() {
        double[] vector = new double[TASTES];
        Arrays.setAll(vector, _ -> random.nextGaussian());
        return scaled(vector);
    }

    private double[] mixed(double[] centre, double noise) {
        double[] vector = new double[TASTES];
        Arrays.setAll(vector, i -> centre[i] + noise * random.nextGaussian() / Math.sqrt(TASTES) * 2);
        return scaled(vector);
    }

    private static double[] scaled(double[] vector) {
        double length = Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
        return Arrays.stream(vector).map(x -> x / length).toArray();
    }

    /**
     * Writes users, videos and the log below {@code folder/kuairand}; what is there is kept if it was made from the
     * same settings.
     *
     * @return how many exposures the log has
     */
    public static long write(Path folder, FeedApplication application, Data.Simulation settings, Progress progress) {
        Path target = folder.resolve("kuairand");
        Path done = folder.resolve("simulated.txt");
        String made = settings.toString();
        try {
            if (Files.exists(done)) {
                String[] known = Files.readString(done).split("\n");
                if (known[0].equals(made)) {
                    return Long.parseLong(known[1]);
                }
            }
            Files.createDirectories(target);
            var simulator = new Simulator(settings, application.data().split().zone());
            simulator.writeUsers(target.resolve("user_features_pure.csv.gz"));
            simulator.writeVideos(target.resolve("video_features_basic_pure.csv.gz"));
            long rows = simulator.writeLog(target.resolve("log_standard_simulated.csv.gz"), progress);
            Path partial = folder.resolve("simulated.txt.partial");
            Files.writeString(partial, made + "\n" + rows + "\n");
            Files.move(partial, done, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return rows;
        } catch (IOException e) {
            throw new EnvironmentFault("could not write simulated data to " + folder + ": " + e.getMessage(), true, e);
        }
    }

    private static BufferedWriter writer(Path file) throws IOException {
        return new BufferedWriter(new OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(file), 1 << 16), StandardCharsets.UTF_8));
    }

    private void writeUsers(Path file) throws IOException {
        try (BufferedWriter out = writer(file)) {
            out.write("user_id,user_active_degree,is_lowactive_period,is_live_streamer,is_video_author,follow_user_num,"
                    + "fans_user_num,friend_user_num,register_days,onehot_feat0,onehot_feat1\n");
            for (int u = 0; u < users; u++) {
                String degree = activity[u] > 1.5 ? "full_active" : activity[u] > 0.6 ? "high_active" : "middle_active";
                int favourite = 0;
                for (int d = 1; d < TASTES; d++) {
                    favourite = tastes[u][d] > tastes[u][favourite] ? d : favourite;
                }
                out.write(u + "," + degree + ",0,0," + (random.nextInt(5) == 0 ? 1 : 0) + ","
                        + random.nextInt(500) + "," + random.nextInt(200) + "," + random.nextInt(60) + ","
                        + random.nextInt(2000) + "," + random.nextInt(2) + "," + favourite + "\n");
            }
        }
    }

    private void writeVideos(Path file) throws IOException {
        try (BufferedWriter out = writer(file)) {
            out.write("video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,server_width,"
                    + "server_height,music_id,music_type,tag\n");
            for (int v = 0; v < videos; v++) {
                out.write(v + "," + author[v] + ",NORMAL," + FIRST_DAY.plusDays(uploadDay[v]) + ",ShortImport,0.0,"
                        + lengthMillis[v] + ",720.0,1280.0," + (v % 97) + ",4.0," + topicOf[v] + "\n");
            }
        }
    }

    private long writeLog(Path file, Progress progress) throws IOException {
        long rows = 0;
        double[] cumulated = new double[videos];
        int[] hours = new int[users];
        try (BufferedWriter out = writer(file)) {
            out.write("user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,"
                    + "long_view,play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,"
                    + "tab\n");
            for (int day = 0; day < days; day++) {
                cumulate(cumulated, day);
                Arrays.setAll(hours, _ -> hour());
                long start =
                        FIRST_DAY.plusDays(day).atStartOfDay(zone).toInstant().toEpochMilli();
                for (int hour = 0; hour < 24; hour++) {
                    for (int u = 0; u < users; u++) {
                        if (hours[u] == hour && random.nextDouble() < Math.min(0.9, 0.11 * activity[u])) {
                            rows += session(out, u, day, start + hour * 3_600_000L, cumulated);
                        }
                    }
                }
                progress.at(day + 1, days, "days");
            }
        }
        return rows;
    }

    private int hour() {
        int drawn = random.nextInt(Arrays.stream(HOURS).sum());
        int hour = 0;
        while (drawn >= HOURS[hour]) {
            drawn -= HOURS[hour++];
        }
        return hour;
    }

    /** What the platform is likely to show on a day: the popular and the fresh. */
    private void cumulate(double[] cumulated, int day) {
        double sum = 0;
        for (int v = 0; v < videos; v++) {
            int age = day - uploadDay[v];
            sum += age < 0 ? 0 : popularity[v] * Math.exp(-age / 7.0);
            cumulated[v] = sum;
        }
    }

    private int draw(double[] cumulated) {
        int found = Arrays.binarySearch(cumulated, random.nextDouble() * cumulated[videos - 1]);
        return Math.min(videos - 1, found < 0 ? -found - 1 : found);
    }

    private long session(BufferedWriter out, int user, int day, long fromMillis, double[] cumulated)
            throws IOException {
        long timeMillis = fromMillis + random.nextInt(3_000_000);
        int tab = random.nextInt(10) < 7 ? 1 : random.nextInt(5);
        int length = 3 + random.nextInt(SHOWN);
        long rows = 0;
        for (int position = 0; position < length; position++) {
            int video = draw(cumulated);
            double best = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < CHOICES; c++) {
                int other = draw(cumulated);
                double appeal = 1.2 * fit(user, other) + random.nextGaussian();
                if (appeal > best) {
                    best = appeal;
                    video = other;
                }
            }
            double interest = -0.9
                    + 2.4 * fit(user, video)
                    + 0.7 * quality[video]
                    + patience[user]
                    - 0.05 * position
                    - 0.02 * (day - uploadDay[video])
                    + (tab == 1 ? 0.3 : -0.4)
                    + random.nextGaussian() * 0.8;
            double play = play(video, interest);
            boolean isLong = play > Math.min(18_000, lengthMillis[video]);
            String date = FIRST_DAY.plusDays(day).toString().replace("-", "");
            out.write(user + "," + video + "," + date + ",0," + timeMillis + "," + (play > 3_000 ? 1 : 0) + ","
                    + chance(interest - 3) + "," + chance(interest - 5) + "," + chance(interest - 5) + ","
                    + chance(interest - 5) + "," + chance(-interest - 5) + "," + (isLong ? 1 : 0) + "," + (long) play
                    + "," + (long) lengthMillis[video] + ",0,0,0,0," + tab + "\n");
            timeMillis += (long) play + 1_000 + random.nextInt(2_000);
            rows++;
        }
        return rows;
    }

    private double fit(int user, int video) {
        double product = 0;
        for (int d = 0; d < TASTES; d++) {
            product += tastes[user][d] * topics[video][d];
        }
        return product;
    }

    /** Interest decides between a glance and a share of the video's length. */
    private double play(int video, double interest) {
        if (random.nextDouble() > 1 / (1 + Math.exp(-interest))) {
            return random.nextInt(4_500);
        }
        double share = Math.min(2, Math.exp(0.35 * interest - 0.5 + 0.5 * random.nextGaussian()));
        return Math.round(Math.max(5_001, lengthMillis[video] * share));
    }

    private int chance(double logOdds) {
        return random.nextDouble() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
    }
}
