import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { attend, openUploads, projectListeners, UploadPanel } from "@/features/uploads";
import { useCan, useSession } from "@/lib/access";
import { type StreamEvent, useLiveBeginnings, useLiveEvents } from "@/lib/live";
import type { Photo } from "./api";
import { onPhotoEvent, readAgain, takePhoto } from "./events";
import { DropZone } from "./parts/DropZone";

/** What goes on whichever page is shown: events, uploads, files that are dropped. */
export default function Everywhere() {
  const queries = useQueryClient();
  useLiveEvents(useCallback((event: StreamEvent) => onPhotoEvent(queries, event), [queries]));
  const beginnings = useLiveBeginnings();
  // What was read before anybody here heard of changes may be older than the first of them.
  useEffect(() => {
    if (beginnings > 0) readAgain(queries);
  }, [beginnings, queries]);
  const mayAdd = useCan("projects:write");
  return mayAdd ? <Uploads /> : null;
}

function Uploads() {
  const queries = useQueryClient();
  const person = useSession().user?.id ?? "";
  useEffect(() => {
    void openUploads(person);
    return attend();
  }, [person]);
  useEffect(() => {
    const take = (photo: Photo) => takePhoto(queries, photo);
    projectListeners.add(take);
    return () => {
      projectListeners.delete(take);
    };
  }, [queries]);
  return (
    <>
      <DropZone />
      <UploadPanel />
    </>
  );
}
