package reads

import (
	"errors"
	"fmt"
	"time"

	"readback/relay/access"
)

// Options are the options of a Service.
type Options struct {
	Limits
	First, Last uint16        // numbers of a cycle
	Keep        time.Duration // how long a message can be read
	Wait        time.Duration // how long a read response waits for the SMSC's answer to its message
	Proofs      access.Proofs // checks the proofs of read responses; zero: none is checked
	Budget      *Budget       // bounds the work
	Audit       *Audit
	Metrics     *Metrics
}

// Limits are what the operator decides about read responses. Each field is a setting.
type Limits struct {
	ReadRate     int           `key:"reads.rate" default:"600" range:"0..1000000" doc:"reads a minute that are taken for one receiver; 0 is no limit"`
	ReadBurst    int           `key:"reads.burst" default:"1000" range:"1..1000000" doc:"of them at once"`
	GuessRate    int           `key:"reads.guess_rate" default:"600" range:"4..1000000" doc:"wrong proofs a minute, of all callers together, beyond which proofs are not looked at; one address or phone number may have a quarter of them"`
	ReplayWindow time.Duration `key:"reads.replay_window" default:"10m" range:"0s..24h" doc:"time in which an id of a receiver stands for one read response; 0 is none"`
}

// Validate returns an error that names every limit that is not valid.
func (l *Limits) Validate() error {
	var err error
	if l.ReadRate < 0 || l.ReadRate > 0 && l.ReadBurst <= 0 {
		err = fmt.Errorf("read rate: %d with a burst of %d", l.ReadRate, l.ReadBurst)
	}
	if l.ReplayWindow < 0 {
		err = errors.Join(err, fmt.Errorf("replay window: %s is negative", l.ReplayWindow))
	}
	return err
}
