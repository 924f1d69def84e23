package handset

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestQueueBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		opt := Options{Send: s.send, Max: 2000, Keep: time.Hour}
		q, err := OpenQueue(opt)
		if err != nil {
			t.Fatal(err)
		}
		all := responses(2000)
		for i := range all {
			all[i].ID = strings.Repeat("x", 200) + all[i].ID
			if err := q.Put(all[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Put(all[0]); err != nil {
			t.Errorf("the same once more: %v", err)
		}
		if err := q.Put(Response{Receiver: "447700900101"}); !errors.Is(err, ErrFull) {
			t.Errorf("got %v, want %v", err, ErrFull)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		q.Run(ctx)
		next := uint16(1)
		for _, batch := range s.batches {
			body, err := json.Marshal(batch)
			if err != nil || len(batch) > maxBatch || len(body) > maxOctets {
				t.Errorf("batch of %d responses, %d octets, %v", len(batch), len(body), err)
			}
			for _, r := range batch {
				if r.Number != next {
					t.Fatalf("got number %d, want %d", r.Number, next)
				}
				next++
			}
		}
		if next != 2001 {
			t.Errorf("the last number is %d, want 2000", next-1)
		}
	})
}

func TestQueueGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s script
		for range 100 {
			s.answers = append(s.answers, fails(errors.New("away")))
		}
		final, _ := runQueue(t, &s, 1, Options{Keep: time.Hour})
		if got := strings.Join(final, " "); got != "1:410" {
			t.Errorf("got %s, want 1:410", got)
		}
	})
}
