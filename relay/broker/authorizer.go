package broker

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"readback/relay/access"
	"readback/relay/message"
)

// authorizer decides who may use the embedded server, and what for. The process itself presents a
// secret of its own. NATS clients of the option Listen are Users, or may do everything. Handsets
// and app backends, which come by MQTT or WebSocket, authenticate by the rules of Callers. They
// may publish read responses and receive the verdicts on them, and nothing else.
type authorizer struct {
	// Static after construction.
	opt     *Options
	limited *limitedLog
	secret  string // of the process

	server atomic.Pointer[server.Server] // set before the server starts
	fronts atomic.Pointer[fronts]        // likewise
	users  atomic.Pointer[users]         // of the server; nil until it has started
}

// The user name of the process's own connection, and the kind that the server calls
// plain NATS clients and those of MQTT.
const (
	ownUser  = "readback"
	typeNATS = "nats"
	typeMQTT = "mqtt"
)

var (
	errStartingUp  = errors.New("not ready to take read responses")
	errTooMany     = errors.New("too many clients")
	errOtherNumber = errors.New("user name is not the credential's number")
	errNoNumber    = errors.New("credential is not of a number")
	errNoScope     = errors.New("credential is not for reporting reads")
	errAccounts    = errors.New("credential is for some accounts only: use HTTP, or NATS with the credential in each message")

	errNotOurs = errors.New("not connected to a listener of the configuration")
)

func newAuthorizer(opt *Options, limited *limitedLog) *authorizer {
	return &authorizer{opt: opt, limited: limited, secret: rand.Text()}
}

func (a *authorizer) isReady() bool {
	select {
	case <-a.opt.Ready:
		return true
	default:
		return false
	}
}

// own is the credential of the process.
func (a *authorizer) own() nats.Option { return nats.UserInfo(ownUser, a.secret) }

// Check is called by the server when a client has sent its credential. It reports whether the
// client may connect.
func (a *authorizer) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if o.Username == ownUser && subtle.ConstantTimeCompare([]byte(o.Password), []byte(a.secret)) == 1 {
		return true
	}
	kind, remote := a.kindOf(c.GetID()), c.RemoteAddress().String()
	err := errNotOurs
	if conn := a.fronts.Load().find(remote); conn != nil {
		remote = conn.outer.RemoteAddr().String()
		err = a.admit(c, conn, kind)
	}
	if err != nil {
		a.opt.Metrics.refused.Inc()
		a.limited.line(slog.LevelWarn, "client refused", "way", kind, "remote", remote,
			"user", a.opt.Mask(o.Username), "reason", err)
	}
	return err == nil
}

// admit decides about a client, and registers what it may do.
func (a *authorizer) admit(c server.ClientAuthentication, conn *client, kind string) error {
	if kind == typeNATS {
		err := a.checkUser(c)
		if err == nil {
			err = conn.bind(0)
		}
		return err
	}
	user, err := a.authorize(kind, c.GetOpts().Username, a.credential(c))
	if err == nil {
		err = conn.bind(a.opt.MaxClients)
	}
	switch err {
	case nil:
		c.RegisterUser(user)
	case errStartingUp, errTooMany: // no word about the credential
		conn.place.Credit()
	}
	return err
}

// kindOf returns how a client has connected.
func (a *authorizer) kindOf(id uint64) string {
	list, err := a.server.Load().Connz(&server.ConnzOptions{CID: id})
	if err != nil || len(list.Conns) != 1 {
		return "unknown"
	}
	return list.Conns[0].Type
}

// credential returns what a client presents: the password of MQTT, or that or the token of NATS,
// and its certificate if the listener asks for one.
func (a *authorizer) credential(c server.ClientAuthentication) access.Credential {
	o := c.GetOpts()
	cred := access.Credential{Token: cmp.Or(o.Password, o.Token)}
	if s := c.GetTLSConnectionState(); s != nil && len(s.PeerCertificates) > 0 {
		cred.Certificate = s.PeerCertificates[0] // the listener has verified it
	}
	return cred
}

// authorize returns what a client may do. The error says why it may not connect.
func (a *authorizer) authorize(kind, name string, cred access.Credential) (*server.User, error) {
	if !a.isReady() {
		return nil, errStartingUp
	}
	by, err := a.opt.Callers.Identify(cred, time.Now())
	switch {
	case err != nil:
		return nil, err
	case by.NeedsProof && !a.opt.Callers.IsOpenToAll():
		return nil, cmp.Or(by.Refused, access.ErrNoCredential)
	case !by.May(access.ScopeReport):
		return nil, errNoScope
	case by.HasAccounts(): // what comes on a topic does not say who sent it
		return nil, errAccounts
	}
	if !message.AllDigits(by.Receiver.Bytes()) { // it becomes part of subjects, where some characters stand for any
		return nil, errNoNumber
	}
	if name != "" && !by.Receiver.IsZero() {
		if own, err := message.ParsePhoneNumber(name); err != nil || own != by.Receiver {
			return nil, errOtherNumber
		}
	}
	return &server.User{Permissions: permissions(kind, &by), ConnectionDeadline: deadlineOf(cred.Token, time.Now())}, nil
}

// deadlineOf is when a client has to present its credential again: when its token expires, or
// after a day, since keys may be revoked.
func deadlineOf(token string, now time.Time) time.Time {
	until := now.Add(clientStay)
	if parts := strings.Split(token, "."); len(parts) == 3 { // JWS compact (RFC 7515 §7.1), and verified
		var claims struct {
			Exp float64 `json:"exp"`
		}
		body, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(body, &claims) == nil && claims.Exp > 0 && claims.Exp < float64(until.Unix()) {
			until = time.Unix(int64(claims.Exp), 0)
		}
	}
	return until
}

// permissions returns what a client may do. Its inbox for requests is below the subject of its
// verdicts.
func permissions(kind string, by *access.Caller) *server.Permissions {
	publish := &server.SubjectPermission{Deny: []string{SubjectReadsNow}}
	for _, reads := range SubjectsReads {
		publish.Allow = append(publish.Allow, reads+">")
	}
	// The MQTT topic readback/verdicts/# includes the level above.
	subscribe := &server.SubjectPermission{Allow: []string{SubjectVerdictsOf + ">", strings.TrimSuffix(SubjectVerdictsOf, ".")}}
	switch {
	case !by.Receiver.IsZero():
		receiver := by.Receiver.String()
		publish = &server.SubjectPermission{Allow: publishing(receiver)}
		subscribe.Allow = []string{SubjectVerdictsOf + receiver, SubjectVerdictsOf + receiver + ".>"}
	case by.NeedsProof: // anonymous: not everyone may learn who reads when
		subscribe = &server.SubjectPermission{Deny: []string{">"}}
	}
	if kind == typeMQTT && subscribe.Allow != nil { // the server subscribes for the client, which cannot itself
		subscribe.Allow = append(subscribe.Allow, "$MQTT.sub.>", "$MQTT.deliver.pubrel.>")
	}
	return &server.Permissions{Publish: publish, Subscribe: subscribe}
}

// publishing returns the subjects on which a receiver may publish: those of its read responses, and those of
// topics with its number and a slash too many, to which the answer is that the topic is wrong.
func publishing(receiver string) []string {
	all := []string{SubjectReadsOf + "00" + receiver, SubjectReadsOf + receiver + "./", SubjectReadsOf + "/." + receiver}
	for _, reads := range SubjectsReads {
		all = append(all, reads+receiver)
	}
	return all
}

// watch disconnects clients with too many subscriptions until ctx ends. The server's own bound
// would hold for the process, too.
func (a *authorizer) watch(ctx context.Context) {
	look := time.NewTicker(clientLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			a.disconnectGreedy()
		}
	}
}

// disconnectAll disconnects all clients of the listeners.
func (a *authorizer) disconnectAll() {
	list, err := a.server.Load().Connz(&server.ConnzOptions{Limit: a.opt.maxConnections()})
	if err != nil {
		return // it is stopping
	}
	for _, c := range list.Conns {
		if c.Type != typeNATS {
			_ = a.server.Load().DisconnectClientByID(c.Cid) // it has gone already
		}
	}
}

// disconnectGreedy disconnects clients with too many subscriptions. It examines those with the most.
func (a *authorizer) disconnectGreedy() {
	list, err := a.server.Load().Connz(&server.ConnzOptions{Sort: server.BySubs, Limit: 100})
	if err != nil {
		return // it is stopping
	}
	for _, c := range list.Conns {
		if c.Type == typeNATS || c.NumSubs <= clientSubs {
			continue
		}
		a.opt.Metrics.denied.WithLabelValues("subscription").Inc()
		a.opt.Log.Warn("client cut off", "way", c.Type, "remote", a.fronts.Load().remote(net.JoinHostPort(c.IP, strconv.Itoa(c.Port))), "subscriptions", c.NumSubs)
		_ = a.server.Load().DisconnectClientByID(c.Cid) // it has gone already
	}
}
