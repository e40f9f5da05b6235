import type { AssetModel, Model } from "../model/model.ts";
import { formatDuration } from "../model/units.ts";
import { clockOf, gapsOf } from "./clock.ts";
import { judge, lacksEstimate, type Proof } from "./proof.ts";

/** Schedules: each backup is done before the next one begins, in every week of the year. */
export function proveSchedules(model: Model): readonly Proof[] {
  // Where nothing is promised and nothing is known there is no claim.
  return model.assets.flatMap((asset) =>
    asset.schedule === undefined || (asset.expect.backup === undefined && asset.rpo === undefined)
      ? []
      : [proveOne(model, asset)],
  );
}

function proveOne(model: Model, asset: AssetModel): Proof {
  const { schedule, expect } = asset;
  if (schedule === undefined) throw new Error(`asset ${asset.id} has no schedule`);
  const clock = clockOf(model, schedule, asset.hosts[0]);
  const { shortest, longest } = gapsOf(clock);
  return judge({
    kind: "schedule",
    asset: asset.id,
    target: shortest,
    worst: expect.backup,
    evidence: [
      `${schedule.text}, ${clock.zone}: ${
        shortest === longest
          ? `${formatDuration(shortest)} from one to the next`
          : `from ${formatDuration(shortest)} to ${formatDuration(longest)} from one to the next`
      }`,
      ...(expect.backup === undefined ? [] : [`a backup takes ${formatDuration(expect.backup)}`]),
    ],
    missing: expect.backup === undefined ? [lacksEstimate(asset.id, "backup")] : [],
  });
}
