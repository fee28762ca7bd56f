export { meterOf, photosLeft, type Usage, usageQuery, useFreshUsage } from "./api";
export { UsageCards } from "./parts/UsageCards";
export { planState } from "./rules";
