namespace KubeProxy.Stress.Commands;

/// <summary>A line, and the path of the command that it is for.</summary>
public sealed record Line(string Path, IReadOnlyList<string> Words)
{
    public string Text => string.Join(' ', [Path.Replace("kube-proxy", "ku", StringComparison.Ordinal), .. Words]);
}

/// <summary>Lines of every command of the plugin: good ones of few addresses, so that they meet what is there, and the same spoilt.</summary>
public sealed class LineGrammar(Random random)
{
    private static readonly string[] Vips = ["90.1.2.3/32", "90.1.2.4", "90.5.0.0/16", "2003::3/128", "2003::4", "2003:5::/64"];
    private static readonly string[] Pods = ["10.2.0.11", "10.2.0.12", "10.2.0.13", "fd02::11", "fd02::12", "fd02::13"];
    private static readonly string[] Protocols = ["tcp", "udp", "sctp", "any"];
    private static readonly string[] Nats = ["nat4", "nat6", "nat44", "nat66", "nat46", "nat64"];
    private static readonly string[] Kinds = ["udp", "tcp", "tcp-opening", "tcp-closing", "icmp"];
    private static readonly string[] Ports = ["80", "53", "443"];

    /// <summary>A line that a person could have meant; it may still be refused for what is there.</summary>
    public Line Good() => random.Next(12) switch
    {
        0 or 1 or 2 => new Line("kube-proxy vip", [One(Vips), .. Vip()]),
        3 or 4 or 5 => new Line("kube-proxy pod", [One(Vips), .. Key(), .. Several(Pods), .. Pod()]),
        6 => new Line(random.Next(2) == 0 ? "kube-proxy set interface nat4" : "kube-proxy set interface nat6", ["in", One(["pg0", "pg1", "local0", "pg77"]), .. Maybe(3, "del")]),
        7 or 8 => new Line("kube-proxy conf", [.. Conf()]),
        9 => new Line(random.Next(2) == 0 ? "show kube-proxy vip" : "show kube-proxy vips", [.. Maybe(2, One(Vips)), .. Maybe(6, "table", "0"), .. Maybe(2, "verbose")]),
        10 => new Line("show kube-proxy why", [One(Protocols), One(Pods), "40000", One(Vips).Split('/')[0], One(Ports)]),
        _ => Rare(),
    };

    /// <summary>A good line with one to three faults.</summary>
    public Line Spoilt()
    {
        Line line = Good();
        List<string> words = [.. line.Words];
        for (int faults = random.Next(4) == 0 ? random.Next(2, 4) : 1; faults > 0; faults--)
            Spoil(words);
        return line with { Words = SetsATimer(words) ? line.Words : words };
    }

    /// <summary>What drains for some seconds changes by itself later, and would be taken for the doing of another line.</summary>
    private static bool SetsATimer(List<string> words) => words.Zip(words.Skip(1)).Any(pair => pair.First == "drain" && char.IsAsciiDigit(pair.Second.FirstOrDefault()));

    private void Spoil(List<string> words)
    {
        int at = random.Next(words.Count + 1);
        if (words.Count == 0 || random.Next(5) == 0)
        {
            words.Insert(at, Garbage.Any(random));
            return;
        }

        at = random.Next(words.Count);
        switch (random.Next(5))
        {
            case 0: words.RemoveAt(at); break;
            case 1: words.Insert(random.Next(words.Count), words[at]); break;
            case 2: words.RemoveRange(at, words.Count - at); break;
            default: words[at] = Garbage.Any(random); break;
        }
    }

    private Line Rare() => random.Next(6) switch
    {
        0 => new Line("show kube-proxy", []),
        1 => new Line("show kube-proxy memory", []),
        2 => new Line("show kube-proxy runtime", []),
        3 => new Line("show kube-proxy sessions", [.. Maybe(1, "limit", "10")]),
        _ => new Line("test kube-proxy flowtable flush", []),
    };

    private IEnumerable<string> Key() => [.. Maybe(1, "port", One(Ports)), .. Maybe(2, "protocol", One(Protocols))];

    private IEnumerable<string> Vip() => random.Next(3) == 0
        ? [.. Key(), "del"]
        :
        [
            .. Key(), .. Maybe(3, "target_port", "8080"), .. Maybe(2, One(Nats)), .. Maybe(4, "new_len", One(["16", "256", "1024"])), .. Maybe(8, "affinity", "60"),
            .. Maybe(6, "node_port", One(["30080", "30081"])), .. Maybe(6, "masquerade", One(["10.2.0.1", "fd02::1"])), .. Maybe(20, "outside"), .. Maybe(20, "same_as", One(Vips)), .. Maybe(12, "table", "0"),
        ];

    private IEnumerable<string> Pod() => random.Next(4) switch
    {
        0 => ["del"],
        1 => ["drain"],
        2 => ["weight", One(["0", "1", "100"])],
        _ => [],
    };

    private IEnumerable<string> Conf() => random.Next(6) switch
    {
        0 => ["buckets", One(["1", "16", "1024"])],
        1 => ["buckets-log2", One(["0", "4", "12"])],
        2 => ["timeout", One(Kinds), One(["5", "default", "1000000"]), .. Maybe(3, One(Kinds), "7")],
        3 => ["node-port-range", One(["30000-32767", "30000-30100"])],
        4 => ["masquerade-ports", One(["32768-65535", "40000-40999"])],
        _ => ["nat46-zero-udp-checksum", One(["compute", "reject"]), .. Maybe(3, "prefix64", One(["64:ff9b::/96", "2001:db8::/32"]))],
    };

    private IEnumerable<string> Several(string[] list) => Enumerable.Range(0, random.Next(1, 4)).Select(_ => One(list)).Distinct();

    /// <summary>These words once in so many times.</summary>
    private string[] Maybe(int onceIn, params string[] words) => random.Next(onceIn) == 0 ? words : [];

    private string One(string[] list) => list[random.Next(list.Length)];
}
