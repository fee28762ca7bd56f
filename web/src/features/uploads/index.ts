export { projectListeners } from "./api";
export {
  type Choice,
  isChosen,
  isDeveloping,
  isUnderWay,
  type Queue,
  type Refusal,
  type Upload,
} from "./state";
export { UploadPanel } from "./UploadPanel";
export {
  type Added,
  addFiles,
  attend,
  countsOf,
  openUploads,
  queue,
  usePicture,
  useUnread,
  useUploads,
} from "./uploads";
export { failureWords, useQuotaWords, useRefusalWords } from "./words";
