import { openPage } from "../shared/open-page.tsx";

openPage(<p>The farm console is not built yet.</p>);
