package io.rankwright.spec;

import java.util.List;
import java.util.stream.Collectors;

/** Something in the user's files or arguments is wrong; the message names each place and what would be right. */
public final class UserFault extends RankwrightException {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /** A fault that has no place in a file: an argument, a missing folder. */
    public UserFault(String message) {
        super(message);
        this.problems = List.of();
    }

    /** One or more faults in files. */
    public UserFault(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** The faults in files, in the order of the text; empty if the fault has no place in a file. */
    public List<Problem> problems() {
        return problems;
    }

    @Override
    public int exitCode() {
        return 2;
    }
}
