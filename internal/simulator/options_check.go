package simulator

import (
	"errors"
	"fmt"
	"time"
)

// Validate says what is wrong with the options, by the names of the flags of `sim smsc`.
func (o Options) Validate() error {
	if _, ok := o.Accounts[""]; ok {
		return errors.New("account: an empty system_id (hint: system_id=password)")
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"window", o.Window}, {"sessions", o.Sessions}, {"keep", o.Keep}, {"deliver-window", o.DeliverWindow}} {
		if n.value < 0 {
			return fmt.Errorf("%s: %d is below zero (hint: 0 stands for none)", n.name, n.value)
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"response-delay", o.ResponseDelay}, {"deliver-after", o.DeliverAfter}, {"enquire-link", o.EnquireLink}} {
		if d.value < 0 {
			return fmt.Errorf("%s: %v is below zero (hint: 0 stands for none)", d.name, d.value)
		}
	}
	return nil
}
