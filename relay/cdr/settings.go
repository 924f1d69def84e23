package cdr

import (
	"fmt"
	"time"

	"readback/internal/setting"
)

// Settings are what the operator decides of call detail records.
type Settings struct {
	Dir     string        `key:"dir" form:"path" empty:"off" doc:"directory of the files, outside relay.store; empty is none"`
	After   time.Duration `key:"after" default:"24h" range:"1m..8760h" doc:"how long after its submission a message gets its line, with all that is known by then; at most relay.keep"`
	MaxSize setting.Size  `key:"max_size" default:"100MiB" range:"64KiB..64GiB" doc:"a file that would be larger is followed by another one"`
	Keep    time.Duration `key:"keep" default:"720h" range:"24h..87600h" doc:"for how long a file is kept"`
	Mask    bool          `key:"mask" doc:"mask the numbers of subscribers, as the log does"`
}

// Validate names what a Writer cannot work with. keep is how long a message can be read.
func (s *Settings) Validate(keep time.Duration) error {
	if s.Dir != "" && (s.After <= 0 || s.After > keep || s.MaxSize <= 0 || s.Keep <= 0) {
		return fmt.Errorf("cdr: after %s, max size %d, keep %s: want all positive, and after at most %s", s.After, s.MaxSize, s.Keep, keep)
	}
	return nil
}
