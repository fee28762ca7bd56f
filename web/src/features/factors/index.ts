export { type NewApp, resetsQuery, useStartApp } from "./api";
export { Factors } from "./Factors";
export { CodesOnce } from "./parts/CodesOnce";
export { NewAppSteps } from "./parts/NewAppSteps";
export { hasFactor } from "./rules";
