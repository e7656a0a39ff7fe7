// Compiled, not run: the types say what the endpoints take and answer.
import type { components, operations } from "./api.d.ts";

type Bodies = NonNullable<operations["send_entries"]["requestBody"]>["content"];

const entry: components["schemas"]["Entry"] = {
  campaign: { platform: "google_ads", account: "123-456-7890", id: "9876543210" },
  amount: "12.50",
  external_id: "click-1",
};
export const many: Bodies["application/json"] = { entries: [entry, { campaign: 3, amount: "0.004512" }] };
export const lines: Bodies["application/x-ndjson"] = JSON.stringify(entry);

// @ts-expect-error: an amount is required.
export const without_amount: components["schemas"]["Entry"] = { campaign: 3 };

export function held(campaign: components["schemas"]["DeliveryAnswer"]): string[] {
  return campaign.delivers ? [] : campaign.holds.map((hold) => hold.code);
}
