package webhook

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"readback/relay/message"
)

// TestVerdict shows what a server can ask for: to wait, and to be asked no more.
func TestVerdict(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	tests := []struct {
		status int
		retry  string
		want   func(error) error
	}{
		{200, "", func(error) error { return nil }},
		{299, "", func(error) error { return nil }},
		{199, "7", plain},
		{300, "7", plain},
		{410, "", message.Permanent},
		{429, "7", func(err error) error { return message.Later(err, 7*time.Second) }},
		{503, "7", func(err error) error { return message.Later(err, 7*time.Second) }},
		{503, "Mon, 23 Nov 2026 08:31:00 GMT", func(err error) error { return message.Later(err, time.Minute) }},
		{503, "", func(err error) error { return message.Later(err, 0) }},
		{408, "7", plain},
		{425, "7", plain},
		{400, "", counted},
		{499, "", counted},
		{500, "7", plain},
	}
	for _, tt := range tests {
		resp := &http.Response{Status: "as it says", StatusCode: tt.status, Header: http.Header{"Retry-After": {tt.retry}}}
		got := verdict(resp, now)
		want := tt.want(fmt.Errorf("webhook: %s", resp.Status))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %#v, want %#v", tt.status, got, want)
		}
	}
}

func plain(err error) error { return err }

func counted(err error) error { return message.AtMost(10, err) }
