package relay

import (
	"errors"
	"testing"
)

// TestShortMessage: a message that is too short for a batch is an error, however short it is.
func TestShortMessage(t *testing.T) {
	opt := testOptions(t)
	ix, err := openIndex(t.TempDir(), opt.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.close() }()
	a := &applier{ix: ix, told: func(int, int) {}}
	whole := appendHeader(nil, header{epoch: 1})
	for i := range whole {
		for _, changes := range []bool{false, true} {
			var bad *RecordError
			if _, err := a.apply(1, whole[:i], changes); !errors.As(err, &bad) {
				t.Errorf("%x: got %v, want an error of a field", whole[:i], err)
			}
		}
	}
	if at, err := ix.applied(); err != nil || at.seq != 0 {
		t.Errorf("applied: got %+v, %v, want nothing", at, err)
	}
}
