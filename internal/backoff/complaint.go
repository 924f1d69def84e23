package backoff

import "log/slog"

// Complaint logs failures of something that is tried repeatedly. It logs a failure once,
// until there was a success.
type Complaint struct {
	Log  *slog.Logger
	What string
	made bool
}

// About logs err if it is the first error since the last success. A nil err is a success.
func (c *Complaint) About(err error) {
	if err != nil && !c.made {
		c.Log.Warn(c.What, "error", err)
	}
	c.made = err != nil
}
