using System.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy pod</c>: adds and removes pods.</summary>
internal static class PodCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help = "kube-proxy pod <vip-prefix> [port <n>] [protocol tcp|udp|sctp|any] <address> [<address> [...]] [del]";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        var selector = new SelectorWords(words);
        var addresses = new List<IPAddress>();
        bool isDelete = false;
        while (words.TryNext(out string word))
        {
            if (selector.TryTake(word)) continue;
            if (word == "del")
            {
                words.Once(word);
                isDelete = true;
            }
            else if (AddressParser.LooksLikeAddress(word))
            {
                addresses.Add(AddressParser.Parse(word));
            }
            else
            {
                throw WordReader.Unknown(word);
            }
        }

        if (!isDelete) return Join(selector.Note, NoteShares(catalog.AddPods(selector.Selector, addresses)));
        catalog.RemovePods(selector.Selector, addresses);
        return selector.Note;
    }

    private static string NoteShares(IReadOnlyList<Service> services)
    {
        foreach (Service service in services)
        {
            int podCount = service.CountPods(PodState.Active);
            if (podCount <= service.TableLength) continue;
            return $"note: {podCount} pods share {service.TableLength} slots: {podCount - service.TableLength} of them get no new flows, use a larger new_len";
        }

        return string.Empty;
    }

    private static string Join(string first, string second) =>
        first.Length == 0 || second.Length == 0 ? first + second : $"{first}\n{second}";
}
