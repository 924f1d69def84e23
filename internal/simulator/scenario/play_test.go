package scenario

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// TestSampleProbability: about one message in ten is throttled, and the same seed throttles the same ones.
func TestSampleProbability(t *testing.T) {
	throttled := func(seed uint64, account string) (all []int) {
		s := loadSample(t)
		s.Seed, s.Limits.Rate = nil, 0
		play := s.Start(seed)
		for i := range 1000 {
			if _, ok := play.React(account, text("0101", "Hi")); ok {
				all = append(all, i)
			}
		}
		return all
	}
	first := throttled(17, "bank")
	if len(first) < 60 || len(first) > 150 {
		t.Errorf("%d of 1000 messages are throttled, want about 100", len(first))
	}
	if again := throttled(17, "bank"); !slices.Equal(first, again) {
		t.Errorf("the same seed throttles %v and %v", first, again)
	}
	if other := throttled(18, "bank"); slices.Equal(first, other) {
		t.Error("another seed throttles the same messages")
	}
	if exempt := throttled(17, "reports"); len(exempt) != 1000 || exempt[999] != 999 {
		t.Errorf("the rule that exempts decides about %d messages of 1000", len(exempt))
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Parse("rate.yaml", []byte("limits: {rate: 3}"))
		if err != nil {
			t.Fatal(err)
		}
		play, took := s.Start(1), 0
		for range 10 {
			if r, ok := play.React("bank", text("0101", "Hi")); !ok {
				took++
			} else if r.Status != smpp.StatusThrottled {
				t.Errorf("beyond the rate: %+v", r)
			}
		}
		time.Sleep(time.Second)
		for range 10 {
			if _, ok := play.React("bank", text("0101", "Hi")); !ok {
				took++
			}
		}
		if _, ok := play.React("shop", text("0101", "Hi")); ok || took != 6 {
			t.Errorf("took %d messages in two seconds, want 6; another account is held up: %t", took, ok)
		}
		if _, ok := play.React("bank", smpp.AppendHeader(nil, pdu.EnquireLinkID, 0, 2, 0)); ok {
			t.Error("the rate counts enquire_link")
		}
	})
}

func TestScenarioTimes(t *testing.T) {
	s, err := Parse("times.yaml", []byte("rules: [{times: 2, status: 0x58}, {times: 1, status: 0x14}]"))
	if err != nil {
		t.Fatal(err)
	}
	play := s.Start(1)
	for i, want := range []pdu.Status{smpp.StatusThrottled, smpp.StatusThrottled, smpp.StatusQueueFull, 0, 0} {
		if r, ok := play.React("bank", text("0101", "Hi")); r.Status != want || ok != (want != 0) {
			t.Errorf("message %d: %s, %t, want %s", i+1, smpp.Mnemonic(r.Status), ok, smpp.Mnemonic(want))
		}
	}
}
