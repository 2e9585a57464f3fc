import { Compass } from 'lucide-react'
import type { JSX } from 'react'
import { Empty } from '../parts/states.tsx'

export function NoSuchPage(): JSX.Element {
  return (
    <div className="panel">
      <Empty icon={Compass} title="There is no such page">
        i leads to the incidents, a to the alerts, d to the devices.
      </Empty>
    </div>
  )
}
