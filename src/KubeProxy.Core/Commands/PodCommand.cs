using System.Net;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy pod</c>: adds and removes pods, weighs them, and lets them drain.</summary>
internal sealed class PodCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help =
        "kube-proxy pod <vip-prefix> [port <n>] [protocol tcp|udp|sctp|any] [table <id>] <address> [<address> [...]] [weight <n>] [drain [<s>]] [del]";

    private readonly WordReader _words;
    private readonly SelectorWords _selector;
    private readonly List<IPAddress> _addresses = [];
    private uint? _weight;
    private uint? _drainSeconds;
    private bool _isDrain;
    private bool _isDelete;

    private PodCommand(string line)
    {
        _words = new WordReader(line);
        _selector = new SelectorWords(_words);
    }

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var command = new PodCommand(line);
        while (command._words.TryNext(out string word)) command.Take(word);
        command.CheckTogether();
        return Join(command._selector.Note, command.Do(catalog));
    }

    private void Take(string word)
    {
        if (_selector.TryTake(word)) return;
        switch (word)
        {
            case "weight":
                _words.Once(word);
                _weight = _words.NumberOf(word, 0, Limits.Weight);
                break;
            case "drain":
                _words.Once(word);
                _isDrain = true;
                if (_words.TryNextIf(Numbers.LooksLikeNumber, out string seconds)) _drainSeconds = Numbers.Parse(word, seconds, 0, Limits.DrainSeconds);
                break;
            case "del":
                _words.Once(word);
                _isDelete = true;
                break;
            default:
                if (!AddressParser.LooksLikeAddress(word)) throw WordReader.Unknown(word);
                _addresses.Add(AddressParser.Parse(word));
                break;
        }
    }

    private void CheckTogether()
    {
        if (_weight is not null && _isDelete) throw new CommandException("option weight contradicts del");
        if (_weight is not null && _isDrain) throw new CommandException("option weight contradicts drain");
        if (_isDelete && _isDrain && _drainSeconds is null) throw new CommandException("option drain needs seconds together with del");
    }

    private string Do(ServiceCatalog catalog)
    {
        ServiceSelector selector = _selector.Selector;
        if (_isDelete) catalog.RemovePods(selector, _addresses, _drainSeconds);
        else if (_isDrain) catalog.DrainPods(selector, _addresses, _drainSeconds);
        else return NoteShares(catalog.AddPods(selector, _addresses, _weight));
        return string.Empty;
    }

    private static string NoteShares(IReadOnlyList<Service> services)
    {
        foreach (Service service in services)
        {
            int podCount = service.ActivePods().Count;
            if (podCount <= service.TableLength) continue;
            return $"note: {podCount} pods share {service.TableLength} slots: {podCount - service.TableLength} of them get no new flows, use a larger new_len";
        }

        return string.Empty;
    }

    private static string Join(string first, string second) =>
        first.Length == 0 || second.Length == 0 ? first + second : $"{first}\n{second}";
}
