export { meterOf, photosLeft, type Usage, usageQuery, useFreshUsage } from "./api";
export { UsageCards } from "./parts/UsageCards";
export { type PlanState, planState } from "./rules";
