package backoff

import (
	"errors"
	"testing"

	"readback/relay/relaytest"
)

func TestComplaint(t *testing.T) {
	lines := &relaytest.LogLines{}
	c := Complaint{Log: lines.Logger(), What: "receipts are away"}
	for _, err := range []error{nil, errors.New("a"), errors.New("b"), nil, errors.New("c")} {
		c.About(err)
	}
	if got := lines.Count("receipts are away"); got != 2 || lines.Count("error=b") != 0 {
		t.Errorf("got %d lines, want one for each time that it began", got)
	}
}
