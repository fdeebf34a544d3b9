namespace KubeProxy.Fuzz.Targets;

/// <summary>Every command in its forms, and the words that lines are made of.</summary>
internal static class LineSeeds
{
    public static IReadOnlyList<string> Vocabulary { get; } =
    [
        "ku vip", "ku pod", "ku conf", "show ku", "show ku vip", "show ku sessions", "show ku why", "show ku memory", "show ku runtime", "test ku flowtable flush",
        "ku set interface nat4", "ku set interface nat6", "90.0.0.0/8", "90.1.0.0/16", "2003::/16", "10.0.0.1", "10.0.0.2", "2001::2", "2001::3", "90.1.1.1", "91.0.0.0/8",
        "port", "80", "53", "protocol", "tcp", "udp", "sctp", "any", "target_port", "81", "node_port", "30080", "nat4", "nat6", "nat44", "nat66", "nat46", "nat64",
        "new_len", "16", "1", "0", "65535", "65536", "4294967296", "-1", "del", "in", "pg0", "pg1", "pg9", "buckets", "buckets-log2", "timeout", "default", "verbose", "limit",
        "weight", "drain", "affinity", "masquerade", "outside", "masquerade-ports", "40000-40100", "same_as", "100", "101", "tcp-opening", "icmp", "table", "7",
        "node-port-range", "30000-32767", "prefix64", "64:ff9b::/96", "nat46-zero-udp-checksum", "compute", "reject", "::ffff:1.2.3.4", "0.0.0.0/0", "255.255.255.255", "!1", "!2", "!5", "!*",
    ];

    public static IReadOnlyList<string> All { get; } =
    [
        "ku vip 90.0.0.0/8 port 80 new_len 16\nku pod 90.0.0.0/8 10.0.0.1 10.0.0.2\nshow ku vip verbose\nku pod 90.0.0.0/8 10.0.0.1 del\nku vip 90.0.0.0/8 del",
        "ku vip 2003::/16 new_len 16\nku pod 2003::/16 2001::2 2001::3 weight 5\nku pod 2003::/16 2001::2 drain 30\n@pass 31\nshow ku",
        "ku vip 90.0.0.0/8 port 80 protocol tcp new_len 16 node_port 30080 masquerade 10.9.9.9 outside\n!2 ku pod 90.0.0.0/8 10.0.0.1\nku pod 90.0.0.0/8 10.0.0.1",
        "ku vip 90.0.0.0/8 port 53 protocol udp new_len 16 affinity 10800 target_port 5353\n@sessions 1\nku pod 90.0.0.0/8 10.0.0.1\nku pod 90.0.0.0/8 10.0.0.1 del drain 5\nshow ku sessions limit 3",
        "ku vip 90.0.0.0/8 port 80 new_len 16\nku vip 91.0.0.0/8 same_as 90.0.0.0/8\nku pod 90.0.0.0/8 port 80 protocol tcp 10.0.0.1\nku vip 91.0.0.0/8 same_as 90.0.0.0/8 del",
        "ku vip 90.0.0.1 port 80 nat46 new_len 16\nku pod 90.0.0.1 2001::2\nku vip 2003::1 port 80 nat64 masquerade 10.9.9.9 new_len 16\nku pod 2003::1 10.0.0.1",
        "ku vip 90.0.0.0/8 table 7 port 80 new_len 16\nku pod 90.0.0.0/8 table 7 10.0.0.1\nshow ku vip table 7\nshow ku why tcp 10.5.5.5 1234 90.0.0.1 80 table 7",
        "ku conf buckets 1024 timeout udp 60 tcp 70 node-port-range 30000-32767\nku conf masquerade-ports 40000-40100\nku conf prefix64 64:ff9b::/96 nat46-zero-udp-checksum reject",
        "ku set interface nat4 in pg0\nku set interface nat6 in pg1\nku set interface nat4 in pg0 del\n!1 ku set interface nat6 in pg1 del\nshow ku runtime\nshow ku memory",
        "ku vip 90.0.0.0/8 port 80 new_len 16\nku pod 90.0.0.0/8 10.0.0.1\n!* ku pod 90.0.0.0/8 10.0.0.1 weight 5\n!* ku pod 90.0.0.0/8 10.0.0.1 drain 9\n!* ku vip 90.0.0.0/8 del",
        "!* ku vip 90.0.0.0/8 port 53 protocol udp new_len 16 node_port 30053 masquerade 10.9.9.9\n!* ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2\n!* ku vip 91.0.0.0/8 same_as 90.0.0.0/8",
        "test ku flowtable flush\nku conf buckets-log2 10 timeout default\n@hold\nku vip 90.0.0.0/8 new_len 16\nku pod 90.0.0.0/8 10.0.0.1\n@settle",
    ];
}
