package load

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"readback/handset"
	"readback/internal/testpeer"
)

// Reads go over NATS and MQTT as well, one to a message or several. One that is to be sent again is.
func TestReadsByNATSAndMQTT(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // a port for MQTT
	if err == nil {
		err = ln.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, ServerName: "reads",
		JetStream: true, StoreDir: t.TempDir(), MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: port},
	})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(testpeer.Patience) {
		t.Fatal("the server does not start")
	}
	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var requests, published atomic.Int32
	for subject, take := range map[string]nats.MsgHandler{
		"readback.reads.now": func(m *nats.Msg) {
			var batch []handset.Response
			if json.Unmarshal(m.Data, &batch) != nil {
				t.Errorf("got the request %q, want an array", m.Data)
			}
			all := make([]handset.Verdict, len(batch))
			for i := range all {
				all[i].Code = http.StatusNotFound
			}
			answer, _ := json.Marshal(all) // of verdicts
			switch requests.Add(1) {
			case 1:
				answer = []byte(`{"code":503}`)
			case 2:
				answer = []byte(`{"code":202}`)
			}
			_ = m.Respond(answer) // whoever does not get it fails
		},
		"readback.reads.*": func(m *nats.Msg) {
			var r handset.Response
			if m.Subject != "readback.reads.now" && json.Unmarshal(m.Data, &r) == nil && m.Subject == "readback.reads."+r.Receiver {
				published.Add(1)
			}
		},
	} {
		if _, err := nc.Subscribe(subject, take); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := Reads(testpeer.Within(t), ReadsOptions{URL: s.ClientURL(), Conversations: 30, Array: 10, Connections: 1})
	if err != nil || r.Accepted != 10 || r.Refused[404] != 20 || r.Repeated != 1 {
		t.Errorf("NATS: got %+v, %v; want 10 accepted, 20 not found, one request again", r, err)
	}
	r, err = Reads(testpeer.Within(t), ReadsOptions{URL: fmt.Sprint("mqtt://127.0.0.1:", port), Conversations: 30, Array: 4, Connections: 3})
	for ctx := testpeer.Within(t); published.Load() < 30 && ctx.Err() == nil; runtime.Gosched() { // the subscription is not told at once
	}
	if err != nil || r.Accepted != 30 || published.Load() != 30 {
		t.Errorf("MQTT: got %+v, %v, and %d messages; want 30", r, err, published.Load())
	}
	s.Shutdown()
	for _, url := range []string{s.ClientURL(), fmt.Sprint("mqtt://127.0.0.1:", port), "nats://%"} {
		if _, err := Reads(testpeer.Within(t), ReadsOptions{URL: url}); err == nil {
			t.Errorf("%s, where nobody is: got no error", url)
		}
	}
}
