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
		status, refused, counted int
		retry                    string
		want                     func(error) error
	}{
		{200, 9, 9, "", func(error) error { return nil }},
		{299, 9, 9, "", func(error) error { return nil }},
		{199, 9, 9, "7", plain},
		{300, 9, 9, "7", plain},
		{410, 0, 0, "", message.Permanent},
		{429, 9, 9, "7", func(err error) error { return message.Later(err, 7*time.Second) }},
		{503, 9, 9, "7", func(err error) error { return message.Later(err, 7*time.Second) }},
		{503, 9, 9, "Mon, 23 Nov 2026 08:31:00 GMT", func(err error) error { return message.Later(err, time.Minute) }},
		{503, 9, 9, "", func(err error) error { return message.Later(err, 0) }},
		{408, 9, 9, "7", plain},
		{425, 9, 9, "7", plain},
		{400, 0, 1, "", plain},
		{499, 8, 9, "", plain},
		{400, 9, 10, "", message.Permanent},
		{500, 9, 9, "7", plain},
	}
	for _, tt := range tests {
		resp := &http.Response{Status: "as it says", StatusCode: tt.status, Header: http.Header{"Retry-After": {tt.retry}}}
		refused := tt.refused
		got := verdict(resp, &refused, now)
		want := tt.want(fmt.Errorf("webhook: %s", resp.Status))
		if !reflect.DeepEqual(got, want) || refused != tt.counted {
			t.Errorf("%d, refused %d times: got %#v and %d, want %#v and %d", tt.status, tt.refused, got, refused, want, tt.counted)
		}
	}
}

func plain(err error) error { return err }
