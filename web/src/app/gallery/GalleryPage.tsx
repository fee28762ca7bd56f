import { Images, MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Avatar } from "@/ui/Avatar";
import { Badge } from "@/ui/Badge";
import { Button, type ButtonKind, IconButton } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Compare } from "@/ui/Compare";
import { CopyButton } from "@/ui/CopyButton";
import { ConfirmDialog, Dialog } from "@/ui/Dialog";
import { EmptyState } from "@/ui/EmptyState";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Menu, MenuHead, MenuItem, MenuLine } from "@/ui/Menu";
import { Meter } from "@/ui/Meter";
import { Notice } from "@/ui/Notice";
import { OtpField } from "@/ui/OtpField";
import { Page, Section } from "@/ui/Page";
import { PasswordField } from "@/ui/PasswordField";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { Progress } from "@/ui/Progress";
import { Select } from "@/ui/Select";
import { Sheet } from "@/ui/Sheet";
import { Skeleton } from "@/ui/Skeleton";
import { Spinner } from "@/ui/Spinner";
import { Switch } from "@/ui/Switch";
import { Table } from "@/ui/Table";
import { Tabs } from "@/ui/Tabs";
import { toast } from "@/ui/Toast";
import { Workbench } from "@/ui/Workbench";
import { bedroom, living, loft } from "./photos";

// Texts here are not translated: only we see them.

const TAKEN = { slug: "This name is taken." };

export function GalleryPage() {
  return (
    <main>
      <Page title="Gallery" lead="Every part of ui/ in all its states." actions={<Looks />}>
        <div className="grid gap-12">
          <Buttons />
          <Photos />
          <Fields />
          <Over />
          <Said />
          <Figures />
        </div>
      </Page>
    </main>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="grid gap-5">
      <h2 className="border-line border-b pb-2 font-semibold text-lead">{name}</h2>
      {children}
    </section>
  );
}

function Looks() {
  const set = (look?: string) => {
    if (look) document.documentElement.dataset.look = look;
    else delete document.documentElement.dataset.look;
  };
  return (
    <>
      <Button kind="secondary" size="small" onClick={() => set("light")}>
        Light
      </Button>
      <Button kind="secondary" size="small" onClick={() => set("dark")}>
        Dark
      </Button>
      <Button kind="secondary" size="small" onClick={() => set()}>
        As the device
      </Button>
    </>
  );
}

const KINDS: ButtonKind[] = ["primary", "secondary", "quiet", "danger"];

function Buttons() {
  return (
    <Part name="Button">
      {KINDS.map((kind) => (
        <div key={kind} className="flex flex-wrap items-center gap-3">
          <Button kind={kind}>Stage 6 photos</Button>
          <Button kind={kind} busy>
            Stage 6 photos
          </Button>
          <Button kind={kind} unavailable>
            Stage 6 photos
          </Button>
          <Button kind={kind} size="small">
            Rename
          </Button>
          <Button kind={kind} size="large">
            <Images aria-hidden className="size-5" />
            Add photos
          </Button>
        </div>
      ))}
      <div className="flex items-center gap-3">
        <IconButton label="More">
          <MoreHorizontal aria-hidden className="size-5" />
        </IconButton>
        <CopyButton text="copied" />
        <Spinner />
        <Avatar name="Ana María Ferreira" />
      </div>
    </Part>
  );
}

function Photos() {
  return (
    <Part name="PhotoFrame, Compare">
      <div className="grid grid-cols-2 gap-1 sm:grid-cols-4">
        <PhotoFrame src={living} alt="An empty living room" ratio="3/2" />
        <PhotoFrame src={null} alt="" ratio="3/2" placeholder="1QcSHQRnh493V4dIh4eXh1h4kJUI" />
        <PhotoFrame src={null} alt="" ratio="3/2">
          <span className="absolute inset-0 grid place-items-center">
            <Spinner />
          </span>
        </PhotoFrame>
        <PhotoFrame src="/v1/nothing.webp" alt="A photo that is gone" ratio="3/2" />
      </div>
      <Compare
        className="rounded-card"
        before={<PhotoFrame src={bedroom} alt="Before" width={1200} height={800} eager />}
        after={<PhotoFrame src={loft} alt="After" width={1200} height={800} eager />}
      />
    </Part>
  );
}

const ROOMS = [
  { value: "living_room", label: "Living room" },
  { value: "bedroom", label: "Bedroom" },
  { value: "dining_room", label: "Dining room" },
] as const;

function Fields() {
  const [room, setRoom] = useState<string | null>("living_room");
  const [on, setOn] = useState(true);
  return (
    <Part name="Field, Select, ChoiceGroup, Switch, OtpField">
      <div className="grid gap-8 sm:grid-cols-2">
        <Form onSubmit={() => undefined} errors={TAKEN}>
          <Field name="name" label="Name" placeholder="Lakeside Homes" autoComplete="off" />
          <Field
            name="slug"
            label="Address"
            defaultValue="lakeside"
            autoComplete="off"
            hint="lakeside.example.com"
          />
          <Field
            name="email"
            label="Email"
            type="email"
            autoComplete="off"
            defaultValue="ana@example.com"
            readOnly
          />
          <PasswordField
            name="password"
            label="Password"
            defaultValue="a good password"
            autoComplete="off"
          />
          <Button type="submit">Save</Button>
        </Form>
        <div className="grid content-start gap-5">
          <Select name="room" label="Room" choices={ROOMS} defaultValue="bedroom" />
          <ChoiceGroup
            name="look"
            label="Room"
            options={ROOMS}
            value={room}
            onChange={(value) => setRoom(value)}
          />
          <ChoiceGroup
            name="style"
            label="Style"
            pictures
            options={[
              { value: "living_room", label: "Modern", picture: picture(living) },
              { value: "bedroom", label: "Scandinavian", picture: picture(bedroom) },
              { value: "loft", label: "Industrial", picture: picture(loft) },
            ]}
            value={room}
            onChange={(value) => setRoom(value)}
          />
          <Switch
            label="Label"
            hint="“Virtually staged” in a corner"
            checked={on}
            onChange={setOn}
          />
          <OtpField name="code" label="Code" hint="It came by mail." />
        </div>
      </div>
    </Part>
  );
}

const picture = (src: string) => <PhotoFrame src={src} alt="" ratio="4/3" />;

function Over() {
  const [open, setOpen] = useState<"dialog" | "confirm" | "sheet" | "workbench" | null>(null);
  const close = () => setOpen(null);
  return (
    <Part name="Dialog, Sheet, Workbench, Menu, Toast">
      <div className="flex flex-wrap gap-3">
        <Button kind="secondary" onClick={() => setOpen("dialog")}>
          Dialog
        </Button>
        <Button kind="secondary" onClick={() => setOpen("confirm")}>
          Confirm
        </Button>
        <Button kind="secondary" onClick={() => setOpen("sheet")}>
          Sheet
        </Button>
        <Button kind="secondary" onClick={() => setOpen("workbench")}>
          Workbench
        </Button>
        <Menu trigger={<Button kind="secondary">Menu</Button>}>
          <MenuHead>Kitchen, north side</MenuHead>
          <MenuItem icon={<Pencil aria-hidden className="size-4.5" />} onClick={() => undefined}>
            Rename
          </MenuItem>
          <MenuLine />
          <MenuItem
            danger
            icon={<Trash2 aria-hidden className="size-4.5" />}
            onClick={() => undefined}
          >
            Delete
          </MenuItem>
        </Menu>
        <Button
          kind="secondary"
          onClick={() =>
            toast({
              title: "Kitchen was moved to the trash",
              action: { label: "Undo", onClick: () => undefined },
            })
          }
        >
          Toast
        </Button>
      </div>
      <Dialog
        open={open === "dialog"}
        onOpenChange={close}
        title="Rename the photo"
        description="The name is what buyers read under it."
        actions={
          <>
            <Button onClick={close}>Rename</Button>
            <Button kind="secondary" onClick={close}>
              Cancel
            </Button>
          </>
        }
      >
        <Field name="name" label="Name" defaultValue="Kitchen, north side" autoComplete="off" />
      </Dialog>
      <ConfirmDialog
        open={open === "confirm"}
        onOpenChange={close}
        title="Revoke this key?"
        description="Programs that use it stop working at once."
        confirm="Revoke"
        onConfirm={close}
      />
      <Sheet
        open={open === "sheet"}
        onOpenChange={close}
        title="Stage 6 photos"
        description="It takes about a minute for each."
      >
        <Select name="room" label="Room" choices={ROOMS} defaultValue="bedroom" />
        <Field name="note" label="Note" autoComplete="off" />
        <Button size="large" onClick={close}>
          Stage 6 photos
        </Button>
      </Sheet>
      <Workbench
        open={open === "workbench"}
        onOpenChange={close}
        title="Mark the floor"
        description="Drag the points to its corners."
        piece={<PhotoFrame src={loft} alt="" width={1200} height={800} className="w-full" />}
        actions={<Button onClick={close}>Try again</Button>}
      >
        <Switch label="Mark a door" checked={false} onChange={() => undefined} />
      </Workbench>
    </Part>
  );
}

function Said() {
  return (
    <Part name="Notice, EmptyState, Badge, Skeleton">
      <div className="grid gap-3 sm:grid-cols-2">
        <Notice title="Usage is as of 10:42">New figures come in a minute.</Notice>
        <Notice tone="success" title="Your brand is published" />
        <Notice
          tone="warn"
          title="3 of 10 photos need more than your plan has"
          action={<Button size="small">Change plan</Button>}
        >
          The other seven are being staged.
        </Notice>
        <Notice tone="danger">Address and password do not match.</Notice>
      </div>
      <div className="flex flex-wrap gap-6">
        <Badge>In line</Badge>
        <Badge tone="success">Staged</Badge>
        <Badge tone="warn">Expires soon</Badge>
        <Badge tone="danger">Failed</Badge>
      </div>
      <div className="grid max-w-sm gap-2">
        <Skeleton className="h-6 w-40" />
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-2/3" />
      </div>
      <EmptyState
        picture={<PhotoFrame src={loft} alt="" ratio="3/2" className="rounded-card" />}
        title="Your first room takes a minute"
        action={<Button size="large">Add photos</Button>}
      >
        Take a photo of an empty room, and see it furnished.
      </EmptyState>
    </Part>
  );
}

const KEYS = [
  { name: "Listing feed", used: "5 minutes ago", calls: "12,430" },
  { name: "Website", used: "yesterday", calls: "811" },
];

function Figures() {
  const [tab, setTab] = useState<"month" | "year">("month");
  return (
    <Part name="Section, Meter, Progress, Tabs, Table">
      <div className="grid gap-4 sm:grid-cols-2">
        <Section
          title="This month"
          description="Until 30 November"
          actions={<Button kind="secondary">Change plan</Button>}
        >
          <Meter label="Photos" value={3} max={10} text="3 of 10" />
          <Meter label="Storage" value={8.4} max={10} text="8.4 of 10 GB" />
          <Meter label="Calls" value={12} max={10} text="12 of 10" note="New on 1 December" />
          <Meter label="Members" value={4} max={null} text="4, without limit" />
        </Section>
        <Section title="Under way">
          <Progress value={0.4} text="Kitchen: 40 %" />
          <Progress value={null} text="Checking" />
        </Section>
      </div>
      <Tabs
        label="Period"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: "month",
            label: "Month",
            panel: (
              <Table
                caption="API keys"
                rowKey={(row) => row.name}
                rows={KEYS}
                columns={[
                  { title: "Name", cell: (row) => row.name },
                  { title: "Last used", cell: (row) => row.used },
                  { title: "Calls", cell: (row) => row.calls, figure: true },
                ]}
              />
            ),
          },
          { value: "year", label: "Year", panel: <p>Nothing yet.</p> },
        ]}
      />
    </Part>
  );
}
