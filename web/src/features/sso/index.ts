export { useStart, waysQuery } from "./api";
export { keepWay } from "./way";
