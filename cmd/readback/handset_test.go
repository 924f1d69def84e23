package main

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/handset"
	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// TestHandset has an app of package handset before a real server: what it finds in a
// message is accepted, and the rest gets the verdict that it deserves.
func TestHandset(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		cfg.Track.Proof, cfg.Track.ProofSecrets = true, []config.Secret{"an example key, of 16 octets at least"}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	found := findSent(ctx, t, r)
	response, ok := found.Response("+447700900101", "10690001", handset.Read, time.Now())
	if !ok || found.Text != "Hello" || len(found.Proof) != udh.ProofLen {
		t.Fatalf("found %+v, want Hello with a proof", found)
	}
	forged, unknown, wrong := response, response, response
	forged.Proof, unknown.Sender, wrong.Number = "00000000", "10690002", 9999
	want := []int{202, 403, 404, 400}

	store, err := handset.OpenFile(filepath.Join(t.TempDir(), "reads"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var got []int
	queue, err := handset.OpenQueue(handset.Options{
		Send:  handset.HTTP{URL: "http://" + r.Reads() + "/v1/reads"}.Send,
		Store: store,
		Final: func(_ handset.Response, v handset.Verdict) {
			if got = append(got, v.Code); len(got) == len(want) {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, resp := range []handset.Response{response, forged, unknown, wrong} {
		if err := queue.Put(resp); err != nil {
			t.Fatal(err)
		}
	}
	queue.Run(ctx)
	if !slices.Equal(got, want) || queue.Len() != 0 {
		t.Errorf("verdicts %v and %d waiting, want %v and none", got, queue.Len(), want)
	}
}

// findSent sends a message, and finds in what reaches the SMSC what a handset would.
func findSent(ctx context.Context, t *testing.T, r *running) handset.Found {
	t.Helper()
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	m := simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte("Hello"),
	}
	if resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: %v %v", resp, err)
	}
	sent, err := smpp.ParseMessage(r.smsc.Received(pdu.SubmitSMID)[0].Frame)
	if err != nil {
		t.Fatal(err)
	}
	return handset.Finder{}.Find(handset.Part{
		UserData: sent.UserData(), HasUDH: sent.HasUDH(), Coding: udh.CodingOf(sent.DataCoding(), udh.GSM7),
	})
}
