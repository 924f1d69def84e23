package smpp

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Errors name statuses as the standard does, and stay what they are.
func TestNameStatus(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{StatusPermApp, "ESME_RX_P_APPN: " + StatusPermApp.Error()},
		{fmt.Errorf("told: %w", StatusThrottled), "ESME_RTHROTTLED: told: " + StatusThrottled.Error()},
		{pdu.Status(0x0400), pdu.Status(0x0400).Error()},
		{context.Canceled, context.Canceled.Error()},
	} {
		if got := NameStatus(tt.err); got.Error() != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if err := NameStatus(nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if got, want := StatusName(0x0400), "0x400 "+pdu.Status(0x0400).Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
