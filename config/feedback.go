package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"readback/internal/deliver"
	"readback/internal/webhook"
)

// Values of feedback.form on which other settings depend.
const (
	formReceipt = "receipt"
	formWebhook = "webhook"
	formNATS    = "nats"
)

// Feedback holds the settings of what the ESME gets when a message is read.
type Feedback struct {
	AccountFeedback
	deliver.VendorTags
}

// AccountFeedback is the part of Feedback that an account may set for itself.
type AccountFeedback struct {
	Form         string               `key:"form" default:"sme-ack" oneof:"sme-ack,receipt,mo,user-ack,webhook,nats,off" doc:"sme-ack, receipt, mo and user-ack are a deliver_sm with esm_class 08, 04, 00 and 10; webhook is an HTTP request; nats leaves it on the account's subject for a consumer of its own; off writes to the ledger only"`
	Events       bool                 `key:"events" doc:"tell each change of a message's state in the stream READBACK_EVENTS, on readback.events.<account>"`
	Rate         int                  `key:"rate" range:"0..100000" doc:"feedback a second that an account is told at most, over all its sessions; 0 is no limit"`
	AfterReceipt time.Duration        `key:"after_receipt" default:"30s" range:"0s..10m" doc:"how long feedback waits until the ESME has answered the SMSC's receipt, if the message asked for one; 0 is not at all"`
	Session      string               `key:"session" default:"sender" oneof:"sender,any" doc:"which session of the account gets feedback: sender is the one that sent the message, while it is bound, can receive and answers, and otherwise any"`
	HoldReceipt  time.Duration        `key:"hold_receipt" range:"0s..168h" doc:"form receipt: how long the SMSC's own receipt of a delivery is kept back, so that the account gets one receipt: READ, or the SMSC's when that time is over; 0 is not at all"`
	Template     deliver.TemplateText `key:"template" default:"{{.Receiver}} has {{.State}} message {{.Number}} at {{.ReadAt}}" doc:"text of form mo, a Go template with .Receiver, .Sender, .Number, .State (read or deleted), .Status (1 or 2), .ReadAt, .MessageID, .Reference and .Account"`
	VendorTLVs   bool                 `key:"vendor_tlvs" doc:"add number and read time as TLVs of our own; some ESMEs end the session over them"`
	Webhook      Webhook              `key:"webhook" doc:"the HTTP requests of form webhook"`
}

// Webhook holds the settings of feedback in form webhook.
type Webhook struct {
	URL          string        `key:"url" form:"url" empty:"none" secret:"all" doc:"http or https URL that feedback is posted to"`
	SecretFile   string        `key:"secret_file" empty:"none" secret:"file" doc:"file with the secret of the signature, one line of 16 to 128 characters; after whsec_ it is the key in base64"`
	OldSignature bool          `key:"old_signature" default:"true" doc:"sign by Readback-Signature too, the header of the first release; the next release has neither the header nor this key"`
	Timeout      time.Duration `key:"timeout" default:"10s" range:"100ms..25s" doc:"time for the answer"`
	CA           string        `key:"ca" form:"file" empty:"none" doc:"PEM file of the authorities that may sign the server's certificate; empty is those of the system"`
	AllowPrivate bool          `key:"allow_private" doc:"allow loopback, private and link-local addresses, too"`
	Concurrency  int           `key:"concurrency" default:"4" range:"1..100" doc:"requests under way at a time, for each account"`

	// Secret is what Load has read from SecretFile.
	Secret Secret
}

// readWebhookSecrets reads the secrets of the webhooks in use.
func readWebhookSecrets(l *loader) {
	f := &l.cfg.Feedback
	if f.Form == formWebhook {
		f.Webhook.Secret = readWebhookSecret(l, "feedback.", f.Webhook.SecretFile)
	}
	for _, id := range l.systemIDs() {
		if a := l.cfg.Accounts[id]; a.Feedback.Form == formWebhook {
			a.Feedback.Webhook.Secret = readWebhookSecret(l, accountKey(id)+".feedback.", a.Feedback.Webhook.SecretFile)
			l.cfg.Accounts[id] = a
		}
	}
}

func readWebhookSecret(l *loader, prefix, path string) Secret {
	const least = 16
	key := prefix + "webhook.secret_file"
	if _, own := l.origin(key); !own {
		key = "feedback.webhook.secret_file"
	}
	if path == "" || l.failed[key] {
		return ""
	}
	secret, p := readSecret(path)
	if p == nil && len(secret) < least {
		p = &problem{fmt.Sprintf("a secret of %d octets can be guessed", len(secret)), "openssl rand -hex 32"}
	}
	if p != nil {
		g, _ := l.origin(key)
		l.fail(key, g, p)
	}
	return secret
}

// checkFeedback refuses settings of feedback that contradict each other.
func checkFeedback(l *loader) {
	f := l.cfg.Feedback
	l.refuseIf(f.VendorTags.Number == f.VendorTags.Read, problem{"number and read time under one tag", "two tags"},
		"feedback.vendor_tag_read", "feedback.vendor_tag_number")
	checkForm(l, "", l.cfg.general().Feedback)
	for _, id := range l.systemIDs() {
		checkForm(l, accountKey(id)+".", l.cfg.Accounts[id].Feedback)
	}
}

// checkForm checks that the form of an account, or of all others, has the settings that it
// needs. Problems of general settings are reported there.
func checkForm(l *loader, prefix string, f AccountFeedback) {
	form, url, secret := prefix+"feedback.form", prefix+"feedback.webhook.url", prefix+"feedback.webhook.secret_file"
	own := func(keys ...string) bool {
		return prefix == "" || slices.ContainsFunc(keys, func(k string) bool { _, ok := l.origin(k); return ok })
	}
	l.refuseIf(own(form) && f.Form == formNATS && l.cfg.Relay.NATS == embedded && l.cfg.Relay.Listen == "",
		problem{"no consumer can reach the embedded server", "relay.listen: \"127.0.0.1:4222\""}, form, "relay.listen")
	hold := prefix + "feedback.hold_receipt"
	l.refuseIf(own(form, hold) && f.HoldReceipt > 0 && f.Form != formReceipt,
		problem{"the SMSC's receipt is kept back for form receipt only, and would be missing", "form: receipt, or hold_receipt: 0"}, hold, form)
	l.refuseIf(own(hold) && f.HoldReceipt > l.cfg.Relay.Keep,
		problem{"longer than a message can be read, relay.keep", l.cfg.Relay.Keep.String() + " at most"}, hold, "relay.keep")
	if f.Form != formWebhook {
		return
	}
	l.refuseIf(own(form, url) && f.Webhook.URL == "", problem{"webhook without a URL", "feedback.webhook.url"}, form, url)
	l.refuseIf(own(form, secret) && f.Webhook.SecretFile == "",
		problem{"webhook without a secret to sign with", "feedback.webhook.secret_file"}, form, secret)
	l.refuseIf(own(form, url) && !f.Webhook.AllowPrivate && isPrivateURL(f.Webhook.URL),
		problem{"an address that is not public", "allow_private: true, if it is meant"}, url)
}

// isPrivateURL reports whether a URL names an address that is certainly not public. A name is
// checked when it is dialled.
func isPrivateURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && !webhook.IsPublic(ip)
}

// warnFeedback warns of settings that are not used, and of a webhook without TLS.
func warnFeedback(l *loader, prefix string, f AccountFeedback) {
	key := prefix + "feedback.webhook.url"
	if prefix == "" {
		used := f.Form == formWebhook
		for _, a := range l.cfg.Accounts {
			used = used || a.Feedback.Form == formWebhook
		}
		l.warnIf(f.Webhook.URL != "" && !used, "not used: feedback.form is not webhook", key)
	}
	u, err := url.Parse(f.Webhook.URL)
	l.warnIf(f.Form == formWebhook && err == nil && u.Scheme == "http" && !isPrivateURL(f.Webhook.URL),
		"goes over the network in the clear, for anybody on the way to read: https", key)
}
