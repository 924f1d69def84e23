package backoff

import "log/slog"

// Complaint logs the failure of something that is tried again and again: once, until it has
// worked in between.
type Complaint struct {
	Log  *slog.Logger
	What string
	made bool
}

// About logs err if it is the first since the last success; nil is a success.
func (c *Complaint) About(err error) {
	if err != nil && !c.made {
		c.Log.Warn(c.What, "error", err)
	}
	c.made = err != nil
}
