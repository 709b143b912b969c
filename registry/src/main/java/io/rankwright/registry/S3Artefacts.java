package io.rankwright.registry;

import io.rankwright.models.Artefact;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * Artefacts as objects of an S3 bucket, or of another store that speaks S3; a folder of this machine keeps copies of those
 * that were asked for. Region, keys and endpoint come from where the AWS SDK looks for them: {@code AWS_REGION}, {@code
 * AWS_ACCESS_KEY_ID}, {@code AWS_SECRET_ACCESS_KEY}, {@code AWS_ENDPOINT_URL_S3}, a profile, or the machine's role.
 */
final class S3Artefacts implements Artefacts {
    private static final String SCHEME = "s3";

    private final S3Client client;
    private final String bucket;
    private final String prefix;
    private final FolderArtefacts copies;

    private S3Artefacts(S3Client client, String bucket, String prefix, Path folder) {
        this.client = client;
        this.bucket = bucket;
        this.prefix = prefix;
        this.copies = new FolderArtefacts(folder);
    }

    /**
     * Says where artefacts lie; nothing is asked yet.
     *
     * @param address {@code s3://BUCKET/PREFIX}
     * @param folder of this machine, for copies
     * @throws UserFault if it is no such address
     * @throws EnvironmentFault if it is not said which region or whose keys
     */
    static S3Artefacts open(String address, Path folder) {
        URI uri;
        try {
            uri = URI.create(address);
        } catch (IllegalArgumentException e) {
            throw noAddress(address);
        }
        if (!SCHEME.equals(uri.getScheme()) || uri.getHost() == null) {
            throw noAddress(address);
        }
        String path = uri.getPath().replaceAll("^/+|/+$", "");
        // Other stores than that of AWS have no name of its own for each bucket.
        boolean isElsewhere =
                System.getenv("AWS_ENDPOINT_URL_S3") != null || System.getProperty("aws.endpointUrlS3") != null;
        try {
            S3Client client = S3Client.builder()
                    .httpClientBuilder(UrlConnectionHttpClient.builder().connectionTimeout(Duration.ofSeconds(5)))
                    .forcePathStyle(isElsewhere)
                    // Not every store knows the newer checksums; a file is checked against the hash that it is named
                    // by.
                    .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                    .build();
            return new S3Artefacts(client, uri.getHost(), path.isEmpty() ? "" : path + "/", folder);
        } catch (SdkException e) {
            throw new EnvironmentFault("the artefacts in " + address + ": " + e.getMessage(), false, e);
        }
    }

    private static UserFault noAddress(String address) {
        return new UserFault("the artefacts '" + address + "'; expected s3://BUCKET/PREFIX");
    }

    private String key(String hash) {
        return prefix + hash;
    }

    @Override
    public void put(String hash, byte[] bytes) {
        try {
            client.putObject(request -> request.bucket(bucket).key(key(hash)), RequestBody.fromBytes(bytes));
        } catch (SdkException e) {
            throw fault("could not put", hash, e);
        }
        copies.put(hash, bytes);
    }

    @Override
    public MemorySegment map(String hash) {
        if (copies.has(hash)) {
            try {
                return copies.map(hash);
            } catch (EnvironmentFault damaged) {
                copies.delete(hash);
            }
        }
        byte[] bytes;
        try {
            bytes = client.getObjectAsBytes(request -> request.bucket(bucket).key(key(hash)))
                    .asByteArray();
        } catch (NoSuchKeyException e) {
            throw new EnvironmentFault("there is no model file s3://" + bucket + "/" + key(hash), false, e);
        } catch (SdkException e) {
            throw fault("could not get", hash, e);
        }
        if (!Artefact.hash(bytes).equals(hash)) {
            throw new EnvironmentFault(
                    "the model file s3://" + bucket + "/" + key(hash) + " is damaged: train again, or roll back",
                    false);
        }
        copies.put(hash, bytes);
        return copies.map(hash);
    }

    private EnvironmentFault fault(String what, String hash, SdkException e) {
        return new EnvironmentFault(what + " s3://" + bucket + "/" + key(hash) + ": " + e.getMessage(), true, e);
    }

    @Override
    public void close() {
        client.close();
    }
}
