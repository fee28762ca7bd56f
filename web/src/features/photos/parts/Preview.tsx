import { PhotoFrame } from "@/ui/PhotoFrame";

/** The picture of something in the catalog; its name stands below it. */
export function Preview({ url }: { url: string | null | undefined }) {
  return <PhotoFrame src={url ?? null} alt="" ratio="3/2" eager />;
}
