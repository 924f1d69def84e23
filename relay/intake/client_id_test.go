package intake

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang"

	"readback/relay/relaytest"
)

// connectAs connects with a client identifier.
func connectAs(t *testing.T, url, id string) (mqtt.Client, error) {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID(id).SetUsername("app").SetPassword("secret")
	o.SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(10 * time.Second)
	c := mqtt.NewClient(o)
	t.Cleanup(func() { c.Disconnect(0) })
	token := c.Connect()
	token.Wait()
	return c, token.Error()
}

// awaitCount waits until a metric has a value.
func (r *fixture) awaitCount(name, label string, want int) {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); relaytest.Metric(r.t, r.registry, name, label) != float64(want); runtime.Gosched() {
		if ctx.Err() != nil {
			r.t.Fatalf("%s: got %v, want %d", name, relaytest.Metric(r.t, r.registry, name, label), want)
		}
	}
}

// A client identifier that the server does not take is refused as MQTT has it, with a line in the log. The
// identifier may be a subscriber's number, so the line hides it.
func TestClientIDs(t *testing.T) {
	opt := clientOptions(t)
	lines := &relaytest.LogLines{}
	opt.Logger = lines.Logger()
	r := serveClients(t, opt)
	refused := 0
	for _, url := range []string{r.mqttURL(), r.webSocketURL() + "/mqtt"} {
		for _, id := range []string{"com.example.app", "my app", "*", "a*b", ">", "447700900101.1", " x", "x\ty", "%d.%s"} {
			_, err := connectAs(t, url, id)
			if err == nil || !strings.HasSuffix(url, "/mqtt") && !strings.Contains(err.Error(), "dentifier") { // in WebSocket the end may overtake the reason
				t.Errorf("%q: got %v, want the identifier refused", id, err)
			}
			refused++
			r.awaitCount("readback_clients_refused_total", "", refused)
		}
		for _, id := range []string{"com_example_app", "com-example/app:1", "447700900101", "Müller", "{3f2504e0}", "", strings.Repeat("x", 200)} {
			c, err := connectAs(t, url, id)
			if err != nil {
				t.Errorf("%q: got %v, want it let in", id, err)
				continue
			}
			if token := c.Publish("readback/reads/"+handsetNumber, 2, false, `{"number":1}`); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
				t.Errorf("%q: publish: got %v", id, token.Error())
			}
		}
	}
	r.stop() // the lines are written
	if got := lines.Count("client identifier has a period, a blank, * or >"); got != refused {
		t.Errorf("got %d lines %q, want %d", got, lines.All, refused)
	}
	if n := lines.Count("447700900101"); n > 0 {
		t.Errorf("got %d lines with the number: %q", n, lines.All)
	}
}

// A topic with a character that none may have ends the connection, and the log says why.
func TestTopicCharacters(t *testing.T) {
	opt := clientOptions(t)
	lines := &relaytest.LogLines{}
	opt.Logger = lines.Logger()
	r := serveClients(t, opt)
	for n, topic := range []string{"readback/reads/+" + handsetNumber, "readback/reads/44 7700 900123"} {
		gone := make(chan struct{})
		o := mqtt.NewClientOptions().AddBroker(r.mqttURL()).SetClientID("x").SetUsername("app").SetPassword("secret").SetAutoReconnect(false)
		c := mqtt.NewClient(o.SetConnectionLostHandler(func(mqtt.Client, error) { close(gone) }))
		if token := c.Connect(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		c.Publish(topic, 1, false, `{"number":1}`)
		relaytest.Receive(t, gone)
		r.awaitCount("readback_clients_denied_total", "topic", n+1)
		c.Disconnect(0)
	}
	r.stop() // the lines are written
	for _, reason := range []string{"topic has a + or #", "topic has a blank"} {
		if got := lines.Count(reason); got != 1 {
			t.Errorf("%s: got lines %q, want one", reason, lines.All)
		}
	}
}
