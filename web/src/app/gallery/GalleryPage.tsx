import { Button } from "@/ui/Button";
import { Page } from "@/ui/Page";

export function GalleryPage() {
  return (
    <main>
      <Page title="Gallery">
        <Button>Stage 6 photos</Button>
      </Page>
    </main>
  );
}
