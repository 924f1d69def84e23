package relay

import (
	"testing"
	"time"

	"readback/relay/feedback"
)

// Wrong settings are an error, and those before stay in force.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	r := openedRelay(t)
	if err := r.Use(Settings{Settings: feedback.Settings{FeedbackKeep: time.Minute}}); err != nil {
		t.Fatal(err)
	}
	err := r.Use(Settings{Settings: feedback.Settings{FeedbackKeep: time.Second}})
	if got := r.settings.Load().FeedbackKeep; err == nil || got != time.Minute {
		t.Errorf("got %v and feedback kept for %s, want an error and a minute", err, got)
	}
}
