using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy vip</c>: adds and deletes services.</summary>
internal sealed class VipCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help =
        "kube-proxy vip <prefix> [port <n>] [protocol tcp|udp|sctp|any] [table <id>] [target_port <n>] [node_port <n>] "
        + "[nat4|nat6|nat44|nat66|nat46|nat64] [new_len <n>] [affinity <s>] [masquerade <address> [outside]] [same_as <vip-prefix>] [del]";

    private static readonly string[] Options = ["target_port", "node_port", "new_len", "affinity", "same_as", "del"];

    private readonly WordReader _words;
    private readonly SelectorWords _selector;
    private ushort? _targetPort;
    private uint? _tableLength;
    private uint? _affinitySeconds;
    private IPAddress? _masquerade;
    private bool _isForOutside;
    private ushort? _nodePort;
    private IPNetwork? _sameAs;
    private bool _isDelete;
    private bool _isTranslated;

    private VipCommand(string line)
    {
        _words = new WordReader(line);
        _selector = new SelectorWords(_words);
    }

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var command = new VipCommand(line);
        while (command._words.TryNext(out string word)) command.Take(word);
        var options = new ServiceOptions(
            command._targetPort, command._tableLength, command._affinitySeconds, command._nodePort, command._masquerade, command._isForOutside,
            command._isTranslated);
        if (command._sameAs is IPNetwork of) command.DoAlias(catalog, of, options);
        else if (command._isDelete) catalog.DeleteServices(command._selector.Selector, options);
        else catalog.AddServices(command._selector.Selector, options);
        return command._selector.Note;
    }

    private void DoAlias(ServiceCatalog catalog, IPNetwork of, ServiceOptions options)
    {
        ServiceSelector selector = _selector.Selector;
        if (selector.Port is not null || selector.Protocol is not null || options != default)
            throw new CommandException($"same_as {of} means all services of that VIP: no other option has a place beside it");
        if (_isDelete) catalog.DeleteAlias(selector.Prefix, of, selector.Table);
        else catalog.AddAlias(selector.Prefix, of, selector.Table);
    }

    private void Take(string word)
    {
        if (_selector.TryTake(word)) return;
        if (Array.IndexOf(Options, word) >= 0) _words.Once(word);
        switch (word)
        {
            case "target_port":
                _targetPort = (ushort)_words.NumberOf(word, 1, ushort.MaxValue);
                break;
            case "node_port":
                _nodePort = (ushort)_words.NumberOf(word, 1, ushort.MaxValue);
                break;
            case "new_len":
                _tableLength = _words.NumberOf(word, 1, Limits.TableLength);
                break;
            case "affinity":
                _affinitySeconds = _words.NumberOf(word, 1, Limits.AffinitySeconds);
                break;
            case "masquerade":
                _words.Once(word);
                _masquerade = AddressParser.Parse(_words.ValueOf(word));
                _isForOutside = _words.TryNextIf(next => next == "outside", out _);
                break;
            case "same_as":
                _sameAs = AddressParser.ParsePrefix(_words.ValueOf(word));
                break;
            case "del":
                _isDelete = true;
                break;
            default:
                TakeNat(word);
                break;
        }
    }

    private void TakeNat(string word)
    {
        if (word is not ("nat4" or "nat44" or "nat6" or "nat66" or "nat46" or "nat64")) throw WordReader.Unknown(word);
        _words.Once(word, "nat");
        IPNetwork prefix = _selector.Prefix;
        bool isIp4 = prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        _isTranslated = word is "nat46" or "nat64";
        if (isIp4 == (word is "nat4" or "nat44" or "nat46")) return;
        string fitting = isIp4 ? "nat4 or nat46" : "nat6 or nat64";
        throw new CommandException($"{word} is not for VIP {prefix}, which is {Addresses.FamilyName(prefix.BaseAddress.AddressFamily)}: use {fitting}");
    }
}
