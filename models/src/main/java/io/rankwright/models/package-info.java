/**
 * What a trained model is: its files, and how it scores.
 *
 * <p>In go feature rows and sequences; out come calibrated predictions, vectors, and the contribution of each feature.
 * {@link io.rankwright.models.Artefact} is the file of a model, {@link io.rankwright.models.Ranker} scores with boosted
 * trees (XGBoost) and networks (ONNX Runtime), {@link io.rankwright.models.TwoTower} turns subjects and items into vectors (ONNX Runtime). A model
 * speaks of categories and ids by their texts: it means the same in every process.
 *
 * <p>This part does not know how a model was trained.
 */
@NullMarked
package io.rankwright.models;

import org.jspecify.annotations.NullMarked;
