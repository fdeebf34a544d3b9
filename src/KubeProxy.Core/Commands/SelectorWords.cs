using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>The words with which both <c>vip</c> and <c>pod</c> name services: a prefix, then port, protocol and table anywhere.</summary>
internal sealed class SelectorWords
{
    private readonly WordReader _words;
    private readonly IPNetwork _prefix;
    private byte? _protocol;
    private ushort? _port;
    private uint _table;

    /// <summary>Reads the prefix.</summary>
    public SelectorWords(WordReader words)
    {
        _words = words;
        string word = words.Next("a VIP prefix is missing, such as 90.0.0.0/8");
        _prefix = AddressParser.ParsePrefix(word, out bool hasHostBits);
        Note = hasHostBits ? $"{word} is taken as {_prefix}" : string.Empty;
    }

    /// <summary>What the user should know about the prefix, or nothing.</summary>
    public string Note { get; }

    /// <summary>The VIP prefix.</summary>
    public IPNetwork Prefix => _prefix;

    /// <summary>What the words name.</summary>
    public ServiceSelector Selector => new(_prefix, _protocol, _port, _table);

    /// <summary>Takes a word, and its value, if it is one of these.</summary>
    public bool TryTake(string word)
    {
        if (word is not ("port" or "protocol" or "table")) return false;
        _words.Once(word);
        if (word == "port") _port = (ushort)_words.NumberOf(word, 1, ushort.MaxValue);
        else if (word == "table") _table = _words.NumberOf(word, 0, VipKey.MaxTable);
        else _protocol = ParseProtocol(_words.ValueOf(word));
        return true;
    }

    private static byte ParseProtocol(string word) => word switch
    {
        "tcp" => IpProtocol.Tcp,
        "udp" => IpProtocol.Udp,
        "any" => IpProtocol.Any,
        "sctp" => IpProtocol.Sctp,
        _ => throw new CommandException($"protocol {Quote.Word(word)} is none of tcp, udp, sctp, any"),
    };
}
