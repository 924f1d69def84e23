# An ESME by Net::SMPP: sends the PDUs that it is told to, one JSON object a line with
# octets as {"hex": "..."}; prints those it gets, and answers what the SMSC asks.
use strict;
use warnings;
use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $json = JSON::PP->new->canonical->latin1;
my $smpp = Net::SMPP->new_connect('127.0.0.1', port => $ARGV[0], smpp_version => 0x34, async => 1)
	or die "connect: $!";
my $input = '';
my $select = IO::Select->new(\*STDIN, $smpp);
my %responses = map { $_ => 1 } qw(deliver_sm enquire_link unbind);

while (my @ready = $select->can_read) {
	for my $from (@ready) {
		$from == $smpp ? receive() : commands();
	}
}

# commands sends what whole lines of the input say.
sub commands {
	sysread(STDIN, $input, 65536, length $input) or exit 0;
	while ($input =~ s/^(.*)\n//) {
		my $command = $json->decode($1);
		my $pdu = $command->{pdu} || {};
		my @fields = map { $_ => octets($pdu->{$_}) } sort keys %$pdu;
		my $do = $command->{do};
		$smpp->$do(@fields, async => 1);
	}
}

sub octets {
	my $value = shift;
	return ref $value ? pack('H*', $value->{hex}) : $value;
}

# receive prints one PDU, and answers it if it is a request.
sub receive {
	my $pdu = $smpp->read_pdu;
	if (!$pdu) {
		print $json->encode({event => 'close'}), "\n";
		exit 0;
	}
	my $command = $pdu->explain_cmd;
	my $response = $pdu->{cmd} & 0x80000000;
	my %shown = map { $_ => shown($pdu->{$_}) } keys %$pdu;
	print $json->encode({%shown, event => $response ? 'response' : 'request', command => $command}), "\n";
	if (!$response) {
		my $answer = "${command}_resp";
		$smpp->$answer(seq => $pdu->{seq}, $command eq 'deliver_sm' ? (message_id => '') : ()) if $responses{$command};
	}
}

sub shown {
	my $value = shift;
	return $value if !defined $value || $value !~ /[^ -~]/;
	return {hex => unpack 'H*', $value};
}
