package relay

import (
	"errors"
	"testing"
)

func TestComplaint(t *testing.T) {
	lines := &logLines{}
	c := complaint{log: lines.logger(), what: "receipts are away"}
	for _, err := range []error{nil, errors.New("a"), errors.New("b"), nil, errors.New("c")} {
		c.about(err)
	}
	if got := lines.count("receipts are away"); got != 2 || lines.count("error=b") != 0 {
		t.Errorf("got %d lines, want one for each time that it began", got)
	}
}
