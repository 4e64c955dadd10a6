import { Frame } from "../shared/frame.tsx";
import { openPage } from "../shared/open-page.tsx";

openPage(
  <Frame name="Build Medic" status="">
    <h1>Build Medic</h1>
  </Frame>,
);
